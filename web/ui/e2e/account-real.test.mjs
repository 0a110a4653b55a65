// One person's way through the account pages of a real server in development mode, from registration to deletion, with the
// mails that it would have sent.

import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { axe, faults, launch, until } from './harness.mjs'

const { BASE_URL, SHOTS } = process.env
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

/** The code that an authenticator app shows now (RFC 6238). */
function totp(secret) {
  let bits = ''
  for (const char of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0')
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const mac = createHmac('sha1', key).update(step).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0')
}

describe('account pages of a real server', { skip: !BASE_URL && 'BASE_URL names no server' }, () => {
  const base = (BASE_URL ?? '').replace(/\/*$/, '')
  const email = `haneul-${randomBytes(4).toString('hex')}@example.com`
  const first = `first ${randomBytes(6).toString('hex')}`
  const second = `second ${randomBytes(6).toString('hex')}`
  let browser, context, page, codes
  const complaints = []

  before(async () => {
    browser = await launch()
    ;({ context, page } = await open())
  })
  after(() => browser.close())

  async function open() {
    const context = await browser.newContext({ locale: 'ko-KR', timezoneId: 'Asia/Seoul' })
    await context.addInitScript(axe)
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (err) => complaints.push(String(err)))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text())
    })
    return { context, page }
  }

  const button = (name, on = page) => on.getByRole('button', { name, exact: true })
  const title = (name, on = page) => on.getByRole('heading', { name, exact: true, level: 1 }).waitFor()
  /** Home is the chat page, which is none of these. */
  const home = (on = page) => on.waitForURL((url) => url.pathname === '/')

  async function leave() {
    await button('로그아웃').click()
    await home()
    await page.goto(`${base}/login`)
  }

  async function fill(fields, on = page) {
    for (const [name, value] of Object.entries(fields)) await on.locator(`[name="${name}"]`).first().fill(value)
  }

  async function look(name) {
    assert.deepEqual(await faults(page), [], name)
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/real-${name}.png`, fullPage: true })
  }

  /** The newest mail to the person whose text has what is looked for. */
  const mail = (what) =>
    until(async () => {
      const res = await fetch(`${base}/dev/mail.json`)
      assert.equal(res.status, 200)
      const { mails } = await res.json()
      return mails.find(({ to, text }) => to.address === email && what.test(text))
    }, `a mail with ${what}`)

  test('registration', async () => {
    await page.goto(`${base}/register`)
    await title('회원가입')
    await look('register')
    await fill({ name: '하늘', email, password: 'kurz', password_confirmation: 'kurz' })
    await button('가입하기').click()
    await page.locator('[aria-invalid="true"]').first().waitFor()
    await look('register-wrong')
    await fill({ password: first, password_confirmation: first })
    await button('가입하기').click()
    await page.waitForURL((url) => ['/', '/email/verify'].includes(url.pathname))
  })

  test('the address is proved by a mail, which the mailbox shows', async () => {
    const { id, text } = await mail(/\/email\/verify\//)
    await page.goto(`${base}/dev/mail`)
    await page.locator('nav li button').first().click()
    await page.frameLocator('iframe').locator('a').first().waitFor()
    await look('mailbox')
    assert.ok(id > 0)
    await page.goto(/https?:\/\/\S+\/email\/verify\/\S+/.exec(text)[0])
    await page.goto(`${base}/user/profile`)
    await page.getByText('확인된 이메일').waitFor()
    await look('profile')
  })

  test('name and photo', async () => {
    await page.locator('#info [name="name"]').fill('김하늘')
    await page.locator('input[type="file"]').setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: PNG })
    await page.locator('#info').getByRole('button', { name: '저장' }).click()
    await page.getByText('저장했습니다.').waitFor()
    await page.locator('img.face[src^="/storage/"]').waitFor()
    await button('사진 지우기').click()
    await button('사진 고르기').waitFor()
    assert.equal(await page.locator('#info [name="name"]').inputValue(), '김하늘')
  })

  test('two-factor set-up', async () => {
    await button('2단계 인증 켜기').click()
    const dialog = page.getByRole('dialog')
    const qr = page.getByRole('img', { name: /QR 코드/ })
    await dialog.or(qr).first().waitFor()
    if (await dialog.isVisible()) {
      await dialog.locator('[name="password"]').fill('아님')
      await dialog.getByRole('button', { name: '확인', exact: true }).click()
      await dialog.locator('[aria-invalid="true"]').waitFor()
      await dialog.locator('[name="password"]').fill(first)
      await page.keyboard.press('Enter')
    }
    await qr.waitFor()
    await look('two-factor')
    const key = (await page.locator('.key').innerText()).replaceAll(' ', '')
    await page.locator('#factor [name="code"]').fill(totp(key) === '000000' ? '000001' : '000000')
    await page.locator('#factor [aria-invalid="true"]').waitFor()
    await page.locator('#factor [name="code"]').fill(totp(key))
    await page.locator('.codes li').nth(7).waitFor()
    codes = await page.locator('.codes li').allInnerTexts()
    await look('recovery-codes')
  })

  test('a token is shown once', async () => {
    await page.goto(`${base}/user/api-tokens`)
    await title('API 토큰')
    await page.locator('[name="name"]').fill('재고 연동')
    await button('토큰 만들기').click()
    const token = await page.getByLabel('새 API 토큰').inputValue()
    assert.match(token, /^\d+\|\S{20,}$/)
    await look('token')
    await page.keyboard.press('Escape')
    const me = () => fetch(`${base}/v1/me`, { headers: { Authorization: `Bearer ${token}` } })
    const answer = await me()
    assert.equal(answer.status, 200, await answer.clone().text())
    assert.equal((await answer.json()).name, '김하늘')
    await page.reload()
    await page.getByText('재고 연동').first().waitFor()
    assert.equal((await page.content()).includes(token), false)
    await button('재고 연동 지우기').click()
    await page.getByRole('dialog').getByRole('button', { name: '지우기', exact: true }).click()
    await page.getByText('토큰을 지웠습니다.').waitFor()
    assert.equal((await me()).status, 401)
  })

  test('out, and in again: a wrong password, the second factor', async () => {
    await leave()
    await title('로그인')
    await fill({ email, password: '아닌 비밀번호' })
    await button('로그인').click()
    await page.getByRole('alert').waitFor()
    await look('login-wrong')
    await fill({ password: first })
    await button('로그인').click()
    await title('2단계 인증')
    await page.locator('[name="code"]').fill('000000')
    await page.locator('[aria-invalid="true"]').waitFor()
    await look('challenge-wrong')
    await button('인증 앱을 쓸 수 없나요? 복구 코드 사용').click()
    await fill({ recovery_code: codes[0] })
    await button('확인').click()
    await home()
  })

  test('another browser is ended from here', async () => {
    const other = await open()
    await other.page.goto(`${base}/login`)
    await fill({ email, password: first }, other.page)
    await button('로그인', other.page).click()
    await title('2단계 인증', other.page)
    await button('인증 앱을 쓸 수 없나요? 복구 코드 사용', other.page).click()
    await fill({ recovery_code: codes[1] }, other.page)
    await button('확인', other.page).click()
    await home(other.page)

    await page.goto(`${base}/user/profile`)
    await page.getByText('지금 이 기기').waitFor()
    const list = page.locator('[data-sign-in]')
    assert.equal(await list.count(), 2)
    await list.getByRole('button').click()
    await until(async () => (await list.count()) === 1, 'one sign-in')
    await other.page.goto(`${base}/user/profile`)
    await title('로그인', other.page)
    await other.context.close()
  })

  test('the second factor is taken away', async () => {
    await button('2단계 인증 끄기').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: '2단계 인증 끄기' }).click()
    // The password was said a while ago, by another session.
    await dialog.locator('[name="password"]').fill(first)
    await page.keyboard.press('Enter')
    await page.locator('[data-factor="off"]').waitFor()
  })

  test('a forgotten password', async () => {
    await leave()
    await page.getByRole('link', { name: '비밀번호를 잊으셨나요?' }).click()
    await fill({ email })
    await button('링크 받기').click()
    await page.locator('.good').waitFor()
    await look('forgot')
    await page.goto(/https?:\/\/\S+\/reset-password\/\S+/.exec((await mail(/\/reset-password\//)).text)[0])
    await title('새 비밀번호 정하기')
    await look('reset')
    await fill({ password: second, password_confirmation: second })
    await button('비밀번호 바꾸기').click()
    await page.locator('.good').waitFor()
    await title('로그인')
    await fill({ email, password: second })
    await button('로그인').click()
    await home()
  })

  test('deletion', async () => {
    await page.goto(`${base}/user/profile`)
    await button('계정 삭제').click()
    await page.getByRole('dialog').locator('[name="password"]').fill(second)
    await page.getByRole('dialog').getByRole('button', { name: '계정 삭제' }).click()
    await home()
    await page.goto(`${base}/user/profile`)
    await title('로그인')
    assert.deepEqual(complaints, [])
    await context.close()
  })
})
