// What people do on the account pages, from the first visit to the last, against the mock that speaks the server's contract.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { CODE, PASSWORD, startAccountMock } from '../test/mock/account.mjs'
import { launch } from './harness.mjs'

const EMAIL = 'haneul@example.com'
// A picture of one dot.
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

describe('account pages: what people do', { skip: process.env.BASE_URL && 'BASE_URL names a real server: see account-real.test.mjs' }, () => {
  let browser
  before(async () => (browser = await launch()))
  after(() => browser.close())

  /** A server of one's own, and a window that nothing may go wrong in. */
  async function open(t, { path = '/login', enter = false, ...options } = {}) {
    const mock = await startAccountMock()
    if (enter) mock.enter()
    const context = await browser.newContext({ locale: 'ko-KR', timezoneId: 'Asia/Seoul', permissions: ['clipboard-read', 'clipboard-write'], ...options })
    t.after(async () => {
      await context.close()
      await mock.close()
    })
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    const complaints = []
    page.on('pageerror', (err) => complaints.push(String(err)))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text())
    })
    t.after(() => assert.deepEqual(complaints, []))
    await page.goto(mock.url + path)
    await page.locator('main h1').waitFor()
    return { mock, page, context, button: (name) => page.getByRole('button', { name, exact: true }) }
  }

  const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute('name') ?? document.activeElement?.tagName)

  test('sign in: wrong, then right', async (t) => {
    const { page, mock, button } = await open(t)
    assert.equal(await focused(page), 'email')
    await page.keyboard.type(EMAIL)
    await page.keyboard.press('Tab')
    await page.keyboard.type('아닌 비밀번호')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('이메일이나 비밀번호가 맞지 않습니다.').waitFor()
    assert.equal(await focused(page), 'password')
    assert.equal(await page.locator('[name="email"]').inputValue(), EMAIL)
    assert.equal(await page.locator('[name="password"]').inputValue(), '')
    await page.locator('[name="password"]').fill(PASSWORD)
    await button('로그인').click()
    await page.waitForURL(`${mock.url}/`)
    await page.getByRole('heading', { name: 'home' }).waitFor()
  })

  test('what password managers look for', async (t) => {
    const { page } = await open(t)
    const fields = () =>
      page.locator('main input:not([type="checkbox"])').evaluateAll((all) => all.map((one) => [one.name, one.type, one.autocomplete].join(' ')))
    assert.deepEqual(await fields(), ['email email username', 'password password current-password'])
    await page.getByRole('button', { name: '비밀번호 보기' }).click()
    assert.equal(await page.locator('[name="password"]').getAttribute('type'), 'text')
    assert.equal(await page.getByRole('button', { name: '비밀번호 보기' }).getAttribute('aria-pressed'), 'true')
    await page.getByRole('link', { name: '회원가입' }).click()
    await page.getByRole('heading', { name: '회원가입' }).waitFor()
    assert.deepEqual(await fields(), [
      'name text name',
      'email email username',
      'password password new-password',
      'password_confirmation password new-password',
    ])
  })

  test('the second factor: a wrong code, a recovery code', async (t) => {
    const { page, mock, button } = await open(t)
    mock.person.user.two_factor_enabled = true
    await page.locator('[name="email"]').fill(EMAIL)
    await page.locator('[name="password"]').fill(PASSWORD)
    await button('로그인').click()
    await page.getByRole('heading', { name: '2단계 인증' }).waitFor()
    assert.equal(await focused(page), 'code')
    assert.equal(await page.locator('[name="code"]').getAttribute('autocomplete'), 'one-time-code')
    await page.keyboard.type('12 34 56') // sent by itself at the sixth digit
    await page.getByText('인증 코드가 맞지 않습니다.').waitFor()
    assert.equal(await focused(page), 'code')
    await button('인증 앱을 쓸 수 없나요? 복구 코드 사용').click()
    assert.equal(await focused(page), 'recovery_code')
    const [code] = mock.person.codes
    await page.keyboard.type(code)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${mock.url}/`)
    assert.notEqual(mock.person.codes[0], code)
  })

  test('the second factor: the right code, pasted', async (t) => {
    const { page, mock, button } = await open(t)
    mock.person.user.two_factor_enabled = true
    await page.locator('[name="email"]').fill(EMAIL)
    await page.locator('[name="password"]').fill(PASSWORD)
    await button('로그인').click()
    await page.locator('[name="code"]').fill(` ${CODE.slice(0, 3)} ${CODE.slice(3)} `)
    await page.waitForURL(`${mock.url}/`)
  })

  test('register: what is missing, then in', async (t) => {
    const { page, mock, button } = await open(t, { path: '/register' })
    await button('가입하기').click()
    await page.getByText('이용 약관에 동의해 주세요.').waitFor()
    assert.equal(await focused(page), 'name')
    const described = await page.locator('[name="name"]').getAttribute('aria-describedby')
    assert.equal(await page.locator(`[id="${described}"]`).innerText(), '이름을(를) 입력해 주세요.')
    await page.locator('[name="name"]').fill('바다')
    await page.locator('[name="email"]').fill('bada@example.com')
    await page.locator('[name="password"]').fill('긴 비밀번호 하나')
    await page.locator('[name="password_confirmation"]').fill('긴 비밀번호 하나')
    await page.locator('[name="terms"]').check()
    await button('가입하기').click()
    await page.getByText('bada@example.com 주소로').waitFor()
    await button('메일 다시 보내기').click()
    await page.getByText('확인 메일을 보냈습니다. 받은 편지함을 확인해 주세요.').waitFor()
    assert.equal(mock.person.user.name, '바다')
  })

  test('a forgotten password', async (t) => {
    const { page, mock, button } = await open(t)
    await page.getByRole('link', { name: '비밀번호를 잊으셨나요?' }).click()
    await page.locator('[name="email"]').fill(EMAIL)
    await button('링크 받기').click()
    await page.getByText('링크를 이메일로 보냈습니다.').waitFor()
    await page.goto(mock.url + mock.mails[0].link)
    assert.equal(await page.locator('[name="email"]').inputValue(), EMAIL)
    assert.equal(await focused(page), 'password')
    await page.locator('[name="password"]').fill('새로운 비밀번호')
    await page.locator('[name="password_confirmation"]').fill('다른 비밀번호')
    await button('비밀번호 바꾸기').click()
    await page.getByText('서로 다릅니다').waitFor()
    await page.locator('[name="password"]').fill('새로운 비밀번호')
    await page.locator('[name="password_confirmation"]').fill('새로운 비밀번호')
    await button('비밀번호 바꾸기').click()
    await page.getByText('비밀번호를 새로 정했습니다.').waitFor()
    assert.equal(mock.person.password, '새로운 비밀번호')
  })

  test('two-factor set-up: password, code, recovery codes, off again', async (t) => {
    const { page, mock, button } = await open(t, { path: '/user/profile', enter: true })
    await button('2단계 인증 켜기').click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('[name="password"]').fill('아님')
    await dialog.getByRole('button', { name: '확인', exact: true }).click()
    await dialog.getByText('비밀번호가 맞지 않습니다.').waitFor()
    await dialog.locator('[name="password"]').fill(PASSWORD)
    await page.keyboard.press('Enter')
    await page.getByRole('img', { name: /QR 코드/ }).waitFor()
    assert.equal(await page.locator('.key').innerText(), 'JBSW Y3DP EHPK 3PXP')
    await page.locator('#factor [name="code"]').fill('000000')
    await page.getByText('인증 코드가 맞지 않습니다.').waitFor()
    await page.locator('#factor [name="code"]').fill(CODE)
    await page.locator('.codes li').nth(7).waitFor()
    assert.equal(mock.person.user.two_factor_enabled, true)
    const shown = await page.locator('.codes li').allInnerTexts()
    assert.deepEqual(shown, mock.person.codes)
    await button('모두 복사').click()
    await page.getByText('복사했습니다.').waitFor()
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), shown.join('\n'))
    await button('새 코드 만들기').click()
    await page.getByText('새 복구 코드를 만들었습니다.').waitFor()
    assert.notDeepEqual(await page.locator('.codes li').allInnerTexts(), shown)
    await button('2단계 인증 끄기').click()
    await dialog.getByRole('button', { name: '2단계 인증 끄기' }).click()
    await page.locator('[data-factor="off"]').waitFor()
  })

  test('a token is shown once', async (t) => {
    const { page, mock, button } = await open(t, { path: '/user/api-tokens', enter: true })
    await page.locator('[name="name"]').fill('재고 알림')
    await page.getByRole('checkbox', { name: '고치기' }).check()
    await button('토큰 만들기').click()
    const token = await page.getByLabel('새 API 토큰').inputValue()
    assert.match(token, /^3\|[0-9a-f]{40}$/)
    await button('복사').click()
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token)
    await page.keyboard.press('Escape')
    await page.getByText('재고 알림').waitFor()
    assert.deepEqual(mock.person.tokens.at(-1).abilities, ['read', 'update'])
    assert.equal(await page.evaluate(() => JSON.stringify(history.state)).then((state) => state.includes(token)), false)
    // Neither going away and back nor loading the page again shows it again.
    await page.getByRole('link', { name: '프로필' }).click()
    await page.getByRole('heading', { name: '프로필' , level: 1 }).waitFor()
    await page.goBack()
    await page.getByText('재고 알림').waitFor()
    assert.equal((await page.content()).includes(token), false)
    await page.reload()
    await page.getByText('재고 알림').waitFor()
    assert.equal((await page.content()).includes(token), false)

    await button('재고 알림 지우기').click()
    await page.getByRole('dialog').getByRole('button', { name: '지우기', exact: true }).click()
    await page.getByText('토큰을 지웠습니다.').waitFor()
    assert.equal(mock.person.tokens.length, 2)
  })

  test('a photo: too large, then sent, then removed', async (t) => {
    const { page, mock, button } = await open(t, { path: '/user/profile', enter: true })
    const choose = (file) => page.locator('input[type="file"]').setInputFiles(file)
    await choose({ name: 'big.png', mimeType: 'image/png', buffer: Buffer.alloc(1024 * 1024 + 1) })
    await page.getByText('사진이 1 MB보다 큽니다.').waitFor()
    await choose({ name: 'x.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') })
    await page.getByText('JPG나 PNG 사진만').waitFor()
    await choose({ name: 'dot.png', mimeType: 'image/png', buffer: PNG })
    await page.getByText('저장하면 이 사진으로 바뀝니다.').waitFor()
    await page.locator('img.face[src^="blob:"]').waitFor()
    await page.locator('#info').getByRole('button', { name: '저장' }).click()
    await page.getByText('저장했습니다.').waitFor()
    await page.locator('img.face[src="/photo.svg"]').waitFor()
    assert.equal(mock.person.user.has_profile_photo, true)
    await button('사진 지우기').click()
    await button('사진 고르기').waitFor()
    assert.equal(mock.person.user.has_profile_photo, false)
  })

  test('name, password, other sign-ins, deletion', async (t) => {
    const { page, mock, button } = await open(t, { path: '/user/profile', enter: true })
    await page.locator('#info [name="name"]').fill('')
    await page.locator('#info .button[type="submit"]').click()
    await page.getByText('이름을(를) 입력해 주세요.').waitFor()
    assert.equal(await focused(page), 'name')
    await page.locator('#password [name="current_password"]').fill('아님')
    await page.locator('#password [name="password"]').fill('새로운 비밀번호')
    await page.locator('#password [name="password_confirmation"]').fill('새로운 비밀번호')
    await button('비밀번호 바꾸기').click()
    await page.getByText('지금 쓰는 비밀번호가 아닙니다.').waitFor()
    await page.locator('#password [name="current_password"]').fill(PASSWORD)
    await button('비밀번호 바꾸기').click()
    await page.getByText('비밀번호를 바꿨습니다.').waitFor()

    await button('Chrome · Android 끊기').click()
    await page.locator('[data-sign-in="session:b"]').waitFor({ state: 'detached' })
    assert.equal(await page.locator('[data-sign-in="session:a"] button').count(), 0, 'this device is ended by logging out')
    await button('다른 기기에서 모두 로그아웃').click()
    await page.getByRole('dialog').locator('[name="password"]').fill('새로운 비밀번호')
    await button('모두 로그아웃').click()
    await page.locator('[data-sign-in="tokens:c"]').waitFor({ state: 'detached' })
    assert.deepEqual(mock.person.sessions.map(({ id }) => id), ['session:a', 'api_token:1'])

    await button('계정 삭제').click()
    await page.getByRole('dialog').locator('[name="password"]').fill('아님')
    await page.getByRole('dialog').getByRole('button', { name: '계정 삭제' }).click()
    await page.getByRole('dialog').getByText('비밀번호가 맞지 않습니다.').waitFor()
    await page.getByRole('dialog').locator('[name="password"]').fill('새로운 비밀번호')
    await page.getByRole('dialog').getByRole('button', { name: '계정 삭제' }).click()
    await page.waitForURL(`${mock.url}/`)
  })

  test('language: chosen once, kept, and told to the server', async (t) => {
    const { page, context } = await open(t)
    await page.getByRole('radio', { name: 'English' }).check()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
    assert.match(await page.title(), /^Log in · /)
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en')
    assert.equal((await context.cookies()).find(({ name }) => name === 'locale')?.value, 'en')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('These credentials do not match our records.').waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Log in' }).waitFor()
  })

  test('after logging out, going back shows nothing', async (t) => {
    const { page, button } = await open(t)
    await page.locator('[name="email"]').fill(EMAIL)
    await page.locator('[name="password"]').fill(PASSWORD)
    await button('로그인').click()
    await page.getByRole('heading', { name: 'home' }).waitFor()
    await page.goto(new URL('/user/profile', page.url()).href)
    await page.locator('#info').waitFor()
    await button('로그아웃').click()
    await page.getByRole('heading', { name: '로그인', exact: true }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: '로그인', exact: true }).waitFor()
    assert.equal((await page.content()).includes('김하늘'), false)
  })

  test('a server that does not answer', async (t) => {
    const { page, context, button } = await open(t)
    await context.setOffline(true)
    await page.locator('[name="email"]').fill(EMAIL)
    await button('로그인').click()
    await page.getByText('서버에 닿지 못했습니다.').waitFor()
    await context.setOffline(false)
    await page.route('**/login', (route) => route.fulfill({ status: 429, body: '{"message":"Too Many Attempts."}', contentType: 'application/json' }))
    await button('로그인').click()
    await page.getByText('너무 여러 번 시도했습니다.').waitFor()
  })
})
