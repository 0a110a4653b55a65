// The links that somebody is mailed who signs in with an app, in a browser that knows nobody, at a real server in development mode.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { launch, until } from './harness.mjs'

const { BASE_URL, SHOTS } = process.env

describe('links of users', { skip: !BASE_URL && 'BASE_URL names no server' }, () => {
  const base = (BASE_URL ?? '').replace(/\/*$/, '')
  const email = `areum-${randomBytes(4).toString('hex')}@example.com`
  const complaints = []
  let browser, page

  const post = (path, body) =>
    fetch(base + path, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body) })
  const title = (name) => page.getByRole('heading', { name, exact: true, level: 1 }).waitFor()
  const shot = (name) => SHOTS && page.screenshot({ path: `${SHOTS}/links-${name}.png`, fullPage: true })
  const link = (path) =>
    until(async () => {
      const { mails } = await (await fetch(`${base}/dev/mail.json`)).json()
      return mails.filter(({ to }) => to.address === email).map(({ text }) => new RegExp(`https?://\\S+${path}\\S+`).exec(text)?.[0]).find(Boolean)
    }, `a mail with ${path}`)

  before(async () => {
    browser = await launch()
    page = await (await browser.newContext({ locale: 'ko-KR' })).newPage()
    page.setDefaultTimeout(30_000)
    page.on('pageerror', (err) => complaints.push(String(err)))
    page.on('console', (message) => {
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text())
    })
  })
  after(() => browser.close())

  test('an address is proved', async () => {
    const res = await post('/api/auth/register', { name: '아름', email, password: 'first words', password_confirmation: 'first words' })
    assert.equal(res.status, 201)
    const proof = await link('/users/email/verify/')
    await page.goto(proof)
    await title('이메일 주소 확인')
    await shot('verify')
    await page.getByRole('button', { name: '확인하기' }).click()
    await title('앱으로 돌아가 주세요')
    await page.getByText('이메일 주소를 확인했습니다.').waitFor()
    await shot('done')
    await page.goto(proof)
    await page.getByRole('button', { name: '확인하기' }).click()
    await page.getByRole('alert').waitFor()
    await shot('used')
  })

  test('a new password', async () => {
    assert.equal((await post('/api/auth/forgot-password', { email })).status, 200)
    await page.goto(await link('/users/reset-password/'))
    await title('새 비밀번호 정하기')
    assert.equal(await page.locator('a[href="/login"]').count(), 0)
    await page.locator('[name="password"]').fill('second words')
    await page.locator('[name="password_confirmation"]').fill('other words')
    await page.getByRole('button', { name: '비밀번호 바꾸기' }).click()
    await page.locator('[aria-invalid="true"]').first().waitFor()
    await page.locator('[name="password"]').fill('second words')
    await page.locator('[name="password_confirmation"]').fill('second words')
    await page.getByRole('button', { name: '비밀번호 바꾸기' }).click()
    await title('앱으로 돌아가 주세요')
    assert.equal((await post('/api/auth/login', { email, password: 'second words' })).status, 200)
    assert.deepEqual(complaints, [])
  })
})
