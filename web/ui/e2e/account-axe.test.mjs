// axe-core on every account page in every state worth a look: for everybody, administrators and partners, in both languages
// and themes, wide and narrow. One browser; a page is opened once for each language and changed in place.
// SHOTS=folder keeps a picture of each.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { CODE, startAccountMock } from '../test/mock/account.mjs'
import { launch } from './harness.mjs'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const shots = process.env.SHOTS
if (shots) mkdirSync(shots, { recursive: true })

const WIDTHS = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } }

async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]`).first().fill(value)
}
const send = (page) => page.locator('main form .button[type="submit"]').first().click()
const wrong = (page) => page.locator('[role="alert"], [aria-invalid="true"]').first().waitFor()

/** States of guests: a path, and what is done there first. */
const guests = {
  login: { path: '/login' },
  'login wrong': {
    path: '/login',
    async go(page) {
      await fill(page, { email: 'haneul@example.com', password: 'nonsense' })
      await send(page)
      await wrong(page)
    },
  },
  forgot: { path: '/forgot-password' },
  'forgot sent': {
    path: '/forgot-password',
    async go(page) {
      await fill(page, { email: 'haneul@example.com' })
      await send(page)
      await page.locator('.good').waitFor()
    },
  },
  reset: { path: '/reset-password/abc?email=haneul%40example.com' },
  register: { path: '/register' },
  'register wrong': {
    path: '/register',
    async go(page) {
      await fill(page, { name: '하늘', email: 'no', password: 'short', password_confirmation: 'short' })
      await send(page)
      await wrong(page)
    },
  },
  challenge: { path: '/show/challenge', show: { component: 'Auth/TwoFactorChallenge' } },
  'challenge recovery': {
    path: '/show/challenge',
    go: (page) => page.locator('button.link').click(),
  },
  forbidden: { path: '/show/403', show: { component: 'Error', props: { status: 403, message: 'Forbidden' }, status: 403 } },
  'not found': { path: '/show/404', show: { component: 'Error', props: { status: 404 }, status: 404 } },
  terms: { path: '/terms-of-service' },
  privacy: { path: '/privacy-policy' },
}

/** States of somebody who is in. */
const members = {
  verify: { path: '/email/verify' },
  'verify sent': {
    path: '/email/verify',
    async go(page) {
      await send(page)
      await page.locator('.good').waitFor()
    },
  },
  confirm: { path: '/user/confirm-password' },
  'confirm wrong': {
    path: '/user/confirm-password',
    async go(page) {
      await fill(page, { password: 'nonsense' })
      await send(page)
      await wrong(page)
    },
  },
  profile: { path: '/user/profile' },
  'profile wrong': {
    path: '/user/profile',
    async go(page) {
      await page.locator('#info [name="name"]').fill('')
      await page.locator('#info .button[type="submit"]').click()
      await wrong(page)
    },
  },
  'profile password asked': {
    path: '/user/profile',
    async go(page, mock) {
      mock.forget()
      await page.locator('#factor .button').click()
      await page.locator('dialog input:visible').waitFor()
    },
  },
  'profile two-factor set-up': {
    path: '/user/profile',
    async go(page, mock) {
      mock.confirm()
      await page.locator('#factor .button').click()
      await page.locator('.qr svg').waitFor()
    },
  },
  'profile recovery codes': {
    path: '/user/profile',
    async go(page, mock) {
      mock.confirm()
      await page.locator('#factor .button').click()
      await page.locator('#factor [name="code"]').fill(CODE)
      await page.locator('.codes li').first().waitFor()
    },
    undo: (mock) => (mock.person.user.two_factor_enabled = false),
  },
  'profile log out others': {
    path: '/user/profile',
    async go(page) {
      await page.locator('#signed-in .end .button').click()
      await page.locator('dialog input:visible').waitFor()
    },
  },
  'profile delete': {
    path: '/user/profile',
    async go(page) {
      await page.locator('#delete .button').click()
      await page.locator('dialog input:visible').waitFor()
    },
  },
  tokens: { path: '/user/api-tokens' },
  'tokens new': {
    path: '/user/api-tokens',
    async go(page) {
      await fill(page, { name: '재고 연동' })
      await send(page)
      await page.locator('#made').waitFor()
    },
    undo: (mock) => mock.person.tokens.splice(2),
  },
  'tokens edit': { path: '/user/api-tokens', go: (page) => page.locator('[data-token="1"] button').first().click() },
  'tokens delete': { path: '/user/api-tokens', go: (page) => page.locator('[data-token="1"] button').last().click() },
}

/** What a door looks like is seen on a few of its pages; the components are the same. */
const doors = { '': [...Object.keys(guests), ...Object.keys(members)], admin: ['login', 'login wrong', 'challenge', 'forbidden', 'profile', 'tokens'], partner: ['login', 'register', 'profile'] }

/** The theme changes nothing but colours: of the second one at a width only they are looked at. */
const COLOURS = { runOnly: ['color-contrast'], resultTypes: ['violations'] }
const ALL = { resultTypes: ['violations'] }

async function check(page, state, options = ALL) {
  await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity).map((one) => one.finished.catch(() => undefined))))
  const found = await page.evaluate(async (options) => {
    const { violations } = await window.axe.run(document, options)
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)
  }, options)
  assert.deepEqual(found, [], state)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.equal(wide, 0, `${state}: nothing stands over the edge`)
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, input:not([type="radio"]), a.button')]
      .filter((one) => one.checkVisibility() && !one.matches('.sr-only, .check input'))
      .map((one) => ({ box: one.getBoundingClientRect(), html: one.outerHTML.slice(0, 120) }))
      .filter(({ box }) => box.width > 0 && (box.width < 24 || box.height < 24))
      .map(({ html }) => html),
  )
  assert.deepEqual(small, [], `${state}: targets of 24 px`)
}

describe('account pages: accessibility', { skip: process.env.BASE_URL && 'BASE_URL names a real server: see account-real.test.mjs' }, () => {
  let browser
  before(async () => (browser = await launch()))
  after(() => browser.close())

  for (const [door, names] of Object.entries(doors)) {
    for (const locale of ['ko-KR', 'en-GB']) {
      test(`${door || 'everybody'} ${locale}`, async () => {
        const mock = await startAccountMock({ site: door, product: locale === 'ko-KR' ? '마당' : 'Madang' })
        const context = await browser.newContext({ locale, timezoneId: 'Asia/Seoul' })
        await context.addInitScript(axe)
        const page = await context.newPage()
        const complaints = []
        page.on('pageerror', (err) => complaints.push(String(err)))
        page.on('console', (message) => {
          if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text())
        })
        try {
          for (const name of names) {
            const state = guests[name] ?? members[name]
            const path = state.path.split('?')[0]
            if (name in members) mock.enter()
            if (state.show) mock.shown.set(path, state.show)
            await page.setViewportSize(WIDTHS.desktop)
            await page.goto(mock.url + state.path)
            await page.locator('main h1').waitFor()
            await state.go?.(page, mock)
            assert.equal(await page.evaluate(() => document.documentElement.lang), locale.slice(0, 2))
            assert.match(await page.title(), /.+ · (마당|Madang)$/)
            for (const [device, size] of Object.entries(WIDTHS)) {
              await page.setViewportSize(size)
              for (const colorScheme of ['light', 'dark']) {
                await page.emulateMedia({ colorScheme })
                await check(page, `${name} ${device} ${colorScheme}`, (device === 'phone') === (colorScheme === 'dark') ? ALL : COLOURS)
                if (shots) await page.screenshot({ path: `${shots}/${door || 'plain'}-${name.replaceAll(' ', '-')}-${locale.slice(0, 2)}-${device}-${colorScheme}.png`, fullPage: true })
              }
            }
            state.undo?.(mock)
          }
          assert.deepEqual(complaints, [])
        } finally {
          await context.close()
          await mock.close()
        }
      })
    }
  }

  test('forced colours', async (t) => {
    const mock = await startAccountMock()
    t.after(() => mock.close())
    const context = await browser.newContext({ forcedColors: 'active', reducedMotion: 'reduce' })
    t.after(() => context.close())
    await context.addInitScript(axe)
    const page = await context.newPage()
    mock.enter()
    for (const path of ['/show/login', '/user/profile']) {
      mock.shown.set('/show/login', { component: 'Auth/Login', props: { canResetPassword: true } })
      await page.goto(mock.url + path)
      await page.locator('main h1').waitFor()
      // The colours are the browser's own here.
      await check(page, path, { ...ALL, rules: { 'color-contrast': { enabled: false } } })
      if (shots) await page.screenshot({ path: `${shots}/forced${path.replaceAll('/', '-')}.png` })
    }
  })
})
