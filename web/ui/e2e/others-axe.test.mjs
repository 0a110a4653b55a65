// axe-core on the pages that are neither the chat's nor part of a member's way: the first administrator's, the mailbox of development
// mode, those of links to users, and the page of the base host. In both languages and themes, at real servers of their own.
//
//   MADANG  the program's path; without it there is nothing to start, and the tests are left out
//   SHOTS   a folder that gets a picture of each

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { axe, faults, launch, until } from './harness.mjs'
import { serve } from './server.mjs'

const { MADANG, SHOTS } = process.env
const LANGUAGES = { ko: 'ko-KR', en: 'en-US' }

describe('the other pages', { skip: !MADANG && 'MADANG names no program' }, () => {
  let server, browser

  before(async () => {
    server = await serve()
    browser = await launch()
  })
  after(async () => {
    await browser.close()
    await server.stop()
  })

  /** Opens a page in each language and theme, does something there, and looks. */
  async function each(name, address, act = async () => {}) {
    for (const [language, locale] of Object.entries(LANGUAGES)) {
      for (const colorScheme of ['light', 'dark']) {
        const context = await browser.newContext({ locale, colorScheme })
        await context.addInitScript(axe)
        const page = await context.newPage()
        page.setDefaultTimeout(30_000)
        await page.goto(typeof address === 'function' ? await address(language, colorScheme) : address)
        await act(page, language)
        assert.equal(await page.locator('html').getAttribute('lang'), language, name)
        assert.deepEqual(await faults(page), [], `${name}, ${language}, ${colorScheme}`)
        if (SHOTS) await page.screenshot({ path: `${SHOTS}/others-${name}-${language}-${colorScheme}.png`, fullPage: true })
        await context.close()
      }
    }
  }

  const post = async (path, body) => {
    const answer = await fetch(server.base + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify(body),
    })
    assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.text()}`)
  }
  const linkTo = (email, path) =>
    until(async () => {
      const { mails } = await (await fetch(`${server.base}/dev/mail.json`)).json()
      return mails.filter(({ to }) => to.address === email).map(({ text }) => new RegExp(`https?://\\S+${path}\\S+`).exec(text)?.[0]).find(Boolean)
    }, `a mail with ${path}`)
  const password = 'correct horse'
  const register = async (name) => {
    const email = `${name}@example.com`
    await post('/api/auth/register', { name: '아름', email, password, password_confirmation: password })
    return email
  }

  test('the first administrator', async () => {
    const link = await server.find(/http:\S+\/setup\/\S+/)
    const wrong = async (page) => {
      for (const [field, text] of Object.entries({ name: '하늘', email: 'haneul@example.com', password, password_confirmation: 'another horse' })) {
        await page.locator(`[name="${field}"]`).fill(text)
      }
      await page.locator('button').click()
      await page.locator('[role="alert"]').waitFor()
    }
    await each('setup', link)
    await each('setup-wrong', link, wrong)
  })

  test('links to users', async () => {
    let n = 0
    const proof = async () => linkTo(await register(`user${++n}`), '/users/email/verify/')
    await each('verified', proof, async (page) => {
      const button = page.locator('main form button')
      await button.waitFor()
      assert.deepEqual(await faults(page), [], 'before the address is proved')
      await button.click()
      await page.waitForURL(/\/users\/done/)
      await page.getByRole('heading', { level: 1 }).waitFor()
    })
    const email = 'user1@example.com'
    await post('/api/auth/forgot-password', { email })
    const reset = await linkTo(email, '/users/reset-password/')
    await each('reset', reset, (page) => page.locator('[name="password_confirmation"]').waitFor())
  })

  test('the mailbox of development mode', async () => {
    await each('mailbox', `${server.base}/dev/mail`, (page) => page.getByText('user1@example.com').first().waitFor())
  })

  test('the page of the base host, and what is not there', async () => {
    const configured = await serve(`auth: {jwt: {secret: ${'s'.repeat(40)}}}
drain: {grace: 0s, spread: 0s}
account:
  enabled: true
  url: http://127.0.0.1
  key: ${'k'.repeat(40)}
  product: Barun
  page: {downloads: [{name: App Store, url: 'https://apps.example.com/barun'}]}
  hosts: {base: 127.0.0.1, sites: [{name: admin, host: localhost, role: admin, prefix: Admin}]}
  web: {features: {reset_passwords: false, email_verification: false}}
  api: {features: {reset_passwords: false, email_verification: false}}
`)
    try {
      await each('download', configured.base, (page) => page.getByRole('link', { name: 'App Store' }).waitFor())
    } finally {
      await configured.stop()
    }
    await each('missing', `${server.base}/nothing/here`, (page) => page.getByRole('heading', { level: 1 }).waitFor())
  })
})
