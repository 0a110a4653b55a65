// The box at home and a person elsewhere, side by side, at a real server with a simulated home: a code is asked for, shown, typed,
// a lamp goes on; lines are cut, the lamp changes meanwhile, and when they are mended everybody sees it as it is.
//
//   MADANG  the program's path; without it there is nothing to start, and the tests are left out
//   SHOTS   a folder for pictures of the pages

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { axe, faults, launch, openWindow, person, until } from './harness.mjs'
import { openWay, serve } from './server.mjs'

const { MADANG, SHOTS } = process.env
const SERIAL = 'SN-0001'

/** What a page says of a lamp: whether it is on, once nothing is on its way any more. */
const lampOf = (page) => page.locator('[data-device][data-kind="light"]').first()
const isOn = (page, on) => lampOf(page).and(page.locator(`[data-active="${on}"][data-state="still"]`)).waitFor()
const press = (page) => lampOf(page).getByRole('switch').click()
const wrongOf = (code) => (code === '000000' ? '000001' : '000000')

async function shownCode(screen) {
  await screen.locator('[data-code] [aria-hidden]').first().waitFor()
  return (await screen.locator('[data-code] [aria-hidden]').allTextContents()).join('')
}

async function look(page, name) {
  assert.deepEqual(await faults(page), [], name)
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/homes-${name}.png` })
}

describe('a home in the cloud', { skip: !MADANG && 'MADANG names no program' }, () => {
  let server, browser, home, near, far, screen, page, secret
  const live = () => server.begin(['simulate', 'home', '--server', server.base, '--serial', SERIAL, '--seed', '7'], { MADANG_HUB_SECRET: secret })
  const windows = []

  async function open(base, path, more) {
    const opened = await openWindow({ browser, base: `${base.replace(/\/*$/, '/')}${path}` }, { before: (one) => one.addInitScript(axe), ...more })
    windows.push(opened)
    opened.page.setDefaultTimeout(30_000)
    return opened.page
  }

  before(async () => {
    server = await serve()
    ;({ secret } = JSON.parse(await server.run('hub', 'add', SERIAL, '--name', '연남동 월패드', '--json')))
    home = live()
    browser = await launch()
    near = await openWay(server.base)
    far = await openWay(server.base)
    screen = await open(near.base, 'screen', { hash: `#key=${encodeURIComponent(`${SERIAL}:${secret}`)}`, width: 800, height: 480 })
    const { token } = await person(server.base.replace(/\/*$/, '/'), '하늘')
    page = await open(far.base, 'home', { token })
  })
  after(async () => {
    await browser?.close()
    await home?.stop()
    await near?.close()
    await far?.close()
    await server?.stop()
  })

  test('the screen keeps its key, and not in the address', async () => {
    await lampOf(screen).waitFor()
    assert.equal(new URL(screen.url()).hash, '')
    await screen.reload()
    await lampOf(screen).waitFor()
    assert.equal(await screen.locator('[data-device]').count(), 10)
    await look(screen, 'screen')
  })

  test('a code is asked for, shown to who is at home, and typed', async () => {
    await page.locator('[data-add]').waitFor()
    await look(page, 'empty')
    await page.locator('[data-add]').click()
    await page.locator('dialog [name="serial"]').fill(SERIAL)
    await page.getByRole('button', { name: '화면에 코드 띄우기' }).click()
    const code = await shownCode(screen)
    assert.match(code, /^\d{6}$/)
    await screen.getByRole('heading', { name: /^하늘-.+ 님이 연결하려고 합니다$/ }).waitFor()
    await look(screen, 'code')
    await page.locator('dialog .code').fill(wrongOf(code))
    await page.getByText('코드가 맞지 않습니다.', { exact: false }).waitFor()
    await page.locator('dialog .code').fill(code)
    await lampOf(page).waitFor()
    await screen.getByText('새 사람이 연결되었습니다.').waitFor()
    assert.equal(await page.locator('[data-device]').count(), 10)
    await look(page, 'home')
  })

  test('who is at home can refuse', async () => {
    await page.locator('[data-add]').click()
    await page.locator('dialog [name="serial"]').fill(SERIAL)
    await page.getByRole('button', { name: '화면에 코드 띄우기' }).click()
    const code = await shownCode(screen)
    await screen.getByRole('button', { name: '모르는 사람이에요' }).click()
    await screen.getByText('요청을 거절했습니다.', { exact: false }).waitFor()
    await page.locator('dialog .code').fill(code)
    await page.getByRole('alert').getByText('코드의 시간이 지났습니다.', { exact: false }).waitFor()
    await page.keyboard.press('Escape')
  })

  test('a lamp goes on here and there', async () => {
    const was = (await lampOf(page).getAttribute('data-active')) === 'true'
    await press(page)
    for (const one of [page, screen]) await isOn(one, !was)
    await press(screen)
    for (const one of [page, screen]) await isOn(one, was)
  })

  test('a lamp that changed while the line was cut is as it is when the line is mended', async () => {
    const was = (await lampOf(page).getAttribute('data-active')) === 'true'
    far.cut()
    await page.locator('[data-connection="reconnecting"]').waitFor()
    await press(screen)
    await isOn(screen, !was)
    await isOn(page, was) // the last that was known, and said to be that
    assert.equal(await lampOf(page).getByRole('switch').getAttribute('aria-disabled'), 'true')
    await look(page, 'cut')
    far.mend()
    await page.locator('[data-connection="online"][data-current="true"]').waitFor()
    for (const one of [page, screen]) await isOn(one, !was)

    near.cut()
    await screen.locator('[data-connection="reconnecting"]').waitFor()
    await press(page)
    await isOn(page, was)
    near.mend()
    await screen.locator('[data-connection="online"][data-current="true"]').waitFor()
    for (const one of [page, screen]) await isOn(one, was)
  })

  test('what is wished for while the box is away waits for it, and a door does not', async () => {
    const was = (await lampOf(page).getAttribute('data-active')) === 'true'
    await home.stop()
    await page.locator('[data-hub][data-online="false"]').waitFor()
    await press(page)
    await page.locator('[data-device][data-state="queued"]').first().waitFor()
    await page.getByText('월패드 대기 중 · 10분 남음').first().waitFor()
    assert.equal(await page.locator('[data-kind="lock"] button').first().getAttribute('aria-disabled'), 'true')
    await look(page, 'away')
    home = live()
    await page.locator('[data-hub][data-online="true"]').waitFor()
    await until(async () => (await lampOf(page).getAttribute('data-state')) === 'still', 'an answer')
    await isOn(page, !was)
  })

  test('somebody is invited, comes, and is sent away again', async () => {
    await page.locator('[data-invite]').click()
    await page.locator('dialog .button').last().click()
    const link = new URL(await page.locator('[data-invitation]').inputValue())
    assert.equal(link.origin, new URL(far.base).origin)
    await page.keyboard.press('Escape')
    const { token, id } = await person(server.base.replace(/\/*$/, '/'), '바다')
    const other = await open(far.base, 'home', { hash: `#token=${encodeURIComponent(token)}&${link.hash.slice(1)}` })
    await other.getByRole('dialog').getByRole('button', { name: '들어가기' }).click()
    await isOn(other, (await lampOf(page).getAttribute('data-active')) === 'true')
    assert.equal(await other.locator('[data-card="audit"], [data-rename], [data-invite]').count(), 0, 'what is for owners')
    await page.locator(`[data-member="${id}"]`).getByRole('button', { name: /내보내기$/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: '내보내기' }).click()
    await other.locator('.empty').waitFor()
    await other.getByText('더 이상 쓸 수 없습니다.', { exact: false }).waitFor()
    await page.locator(`[data-member="${id}"]`).waitFor({ state: 'detached' })
    await page.locator('[data-card="audit"]').getByRole('button', { name: '새로 고침' }).click()
    await page.locator('[data-act="member_removed"]').waitFor()
    await look(page, 'audit')
  })

  test('another device is let in by who has just signed up', async () => {
    const key = JSON.parse(await server.run('hub', 'add', 'SN-0002', '--name', '거실 스피커', '--json')).secret
    const answer = await fetch(`${server.base}/oauth/device_authorization`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`SN-0002:${key}`)}` },
      body: new URLSearchParams({ client_id: 'SN-0002' }),
    })
    const { verification_uri_complete: uri, user_code: code } = await answer.json()
    const grant = await open(server.base, `device${new URL(uri).search}`)
    await grant.getByRole('link', { name: '회원가입' }).click()
    for (const [name, text] of Object.entries({ name: '노을', email: 'noeul@example.com', password: 'correct horse', password_confirmation: 'correct horse' })) {
      await grant.locator(`[name="${name}"]`).fill(text)
    }
    const terms = grant.locator('[name="terms"]')
    if (await terms.count()) await terms.check()
    await grant.locator('main form button[type="submit"]').click()
    await grant.waitForURL((url) => url.pathname === '/device')
    assert.equal((await grant.locator('.code').inputValue()), code)
    await grant.getByRole('button', { name: '다음' }).click()
    await grant.getByText('거실 스피커').waitFor()
    await look(grant, 'grant')
    await grant.getByRole('button', { name: '허용' }).click()
    await grant.locator('[data-done="approved"]').waitFor()
    await grant.getByRole('link', { name: '우리 집으로' }).click()
    await grant.locator('.empty').waitFor() // the device has not come for its token yet
    await grant.getByRole('link', { name: '대화' }).click()
    await grant.locator('[popovertarget="settings"]').click()
    await grant.locator('[data-home]').click()
    await grant.locator('.empty').waitFor()
  })

  test('nothing was complained of', () => {
    assert.deepEqual(windows.flatMap((one) => one.complaints), [])
  })
})

describe('a box in a house where nobody signs in', { skip: !MADANG && 'MADANG names no program' }, () => {
  test('its screen needs no key, and who reads it may come in; who guesses is shut out until somebody there presses the button', async () => {
    const server = await serve('device: {enabled: true, mode: home, serial: BOX-1, pairing: {tries: 1, alarm: 1}}\ndrain: {grace: 0s, spread: 0s}\n')
    const home = server.begin(['simulate', 'home', '--server', server.base, '--seed', '7'])
    const browser = await launch()
    try {
      const open = (path, more) => openWindow({ browser, base: `${server.base}/${path}` }, { hash: '#', before: (one) => one.addInitScript(axe), ...more })
      const { page: screen, complaints } = await open('screen', { width: 1280, height: 800 })
      await lampOf(screen).waitFor()
      await look(screen, 'box')
      const { page } = await open('home', { width: 390, height: 844 })
      await page.getByRole('button', { name: '화면에 코드 띄우기' }).click()
      const guessed = await shownCode(screen)
      await look(screen, 'box-code')
      await page.locator('.code').fill(wrongOf(guessed))
      await screen.getByRole('heading', { name: '누군가 틀린 코드를 여러 번 입력했습니다' }).waitFor()
      await look(screen, 'box-alarm')
      await page.getByRole('button', { name: '코드 다시 띄우기' }).click()
      await page.getByRole('alert').getByText('월패드 화면의 버튼을 눌러 주세요.', { exact: false }).waitFor()
      await screen.reload()
      await screen.getByRole('button', { name: '괜찮아요' }).click()
      await screen.getByText('확인했습니다.', { exact: false }).waitFor()
      await page.getByRole('button', { name: '코드 다시 띄우기' }).click()
      const code = await shownCode(screen)
      await page.locator('.code').fill(code)
      await lampOf(page).waitFor()
      const was = (await lampOf(page).getAttribute('data-active')) === 'true'
      await press(page)
      for (const one of [page, screen]) await isOn(one, !was)
      await page.reload()
      await isOn(page, !was)
      await page.locator('[popovertarget="settings"]').click()
      await page.locator('[data-sign-out]').click()
      await page.getByRole('dialog').getByRole('button', { name: '연결 해제' }).click()
      await page.getByRole('button', { name: '화면에 코드 띄우기' }).waitFor()
      await page.reload()
      await page.getByRole('button', { name: '화면에 코드 띄우기' }).waitFor()
      assert.deepEqual(complaints, [])
    } finally {
      await browser.close()
      await home.stop()
      await server.stop()
    }
  })
})
