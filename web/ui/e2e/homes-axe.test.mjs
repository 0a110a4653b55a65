// axe-core on every state of the pages of devices, at the sizes they are made for: once in Korean by day, once in English by night; and
// of each whether it can be read in the other light, too.
//
//   SHOTS   a folder that gets a picture of each

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cottage } from '../test/mock/cottage.mjs'
import { Homes } from '../test/mock/homes.mjs'
import { startMock } from '../test/mock/server.mjs'
import { axe, faults, launch, openWindow } from './harness.mjs'

const { SHOTS } = process.env
const WALL = { width: 1280, height: 800 }
const SMALL = { width: 800, height: 480 }
const PHONE = { width: 390, height: 844 }
const KEY = '#key=MD-2041%3Asecret-MD-2041'

describe('accessibility of the pages of devices', { skip: process.env.BASE_URL && 'BASE_URL names a real server: see homes-real.test.mjs' }, () => {
  let browser
  before(async () => {
    browser = await launch()
  })
  after(() => browser.close())

  for (const [locale, colorScheme, sizes] of [
    ['ko-KR', 'light', { wall: WALL, phone: PHONE }],
    ['en-US', 'dark', { wall: SMALL, phone: PHONE }],
  ]) {
    const other = colorScheme === 'light' ? 'dark' : 'light'
    test(`${locale} ${colorScheme}`, async () => {
      const mock = await startMock({
        homes(store) {
          const homes = new Homes(store)
          cottage(homes, store.addUser('윤소라', 'sora'), store.addUser('강지호', 'jiho'))
          store.addUser('김하늘', 'haneul')
          return homes
        },
      })
      const hub = mock.homes.hub('MD-2041')
      const windows = []
      const tokenOf = (user) => `#token=${mock.store.user(user).token}`
      async function open(path, size, hash = '') {
        const one = await openWindow({ browser, base: `${mock.url}/${path}` }, { locale, colorScheme, hash: hash || '#', before: (page) => page.addInitScript(axe), ...size })
        one.page.setDefaultTimeout(30_000)
        windows.push(one)
        return one.page
      }
      async function check(page, state) {
        assert.equal(await page.locator('html').getAttribute('lang'), locale.slice(0, 2))
        await fits(page, state)
        assert.deepEqual(await faults(page), [], state)
        const shot = (light) => SHOTS && page.screenshot({ path: `${SHOTS}/homes-${state.replaceAll(' ', '-')}-${locale.slice(0, 2)}-${light}.png` })
        await shot(colorScheme)
        await page.emulateMedia({ colorScheme: other })
        assert.deepEqual(await faults(page, ['color-contrast']), [], `${state}, ${other}`)
        await shot(other)
        await page.emulateMedia({ colorScheme })
      }

      /** Nothing is wider than the page, and a finger finds everything. */
      async function fits(page, state) {
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${state}: it is too wide`)
        const small = await page.evaluate(() =>
          [...document.querySelectorAll('button, input:not([type="radio"]), select, [role="switch"]')]
            .filter((one) => one.checkVisibility())
            .map((one) => ({ box: one.getBoundingClientRect(), html: one.outerHTML.slice(0, 120) }))
            .filter(({ box }) => box.width > 0 && (box.width < 32 || box.height < 32))
            .map(({ html }) => html),
        )
        assert.deepEqual(small, [], `${state}: targets of 32 px`)
      }

      try {
        for (const [name, size] of Object.entries(sizes)) {
          // What is elsewhere on a phone is the same as on the wall.
          const look = name === 'wall' ? check : fits
          const bare = await open('screen', size)
          await bare.locator('[name="secret"]').waitFor()
          await look(bare, `set-up ${name}`)
          await bare.locator('[name="serial"]').fill('MD-2041')
          await bare.locator('[name="secret"]').fill('wrong')
          await bare.keyboard.press('Enter')
          await bare.getByRole('alert').waitFor()
          await look(bare, `set-up refused ${name}`)

          const screen = await open('screen', size, KEY)
          await screen.locator('[data-device="living-lamp"]').waitFor()
          await check(screen, `rest ${name}`)
          await screen.locator('[popovertarget="settings"]').click()
          await look(screen, `screen settings ${name}`)
          await screen.keyboard.press('Escape')
          mock.homes.behaviour = 'hold'
          await screen.locator('[data-device="kitchen-lamp"]').getByRole('switch').click()
          await screen.locator('[data-device="kitchen-lamp"][data-state="sent"]').waitFor()
          await look(screen, `pending ${name}`)
          mock.devices.showCode('MD-2041', '김하늘', '203.0.113.7')
          await screen.locator('[data-code]').waitFor()
          await check(screen, `code ${name}`)
          mock.devices.clear(hub, 'failed')
          await screen.locator('[data-outcome="failed"]').waitFor()
          await look(screen, `code failed ${name}`)
          mock.devices.alarm('MD-2041')
          await screen.locator('.press').waitFor()
          await check(screen, `alarm ${name}`)
          await screen.locator('.press').click()
          await screen.locator('[data-outcome="pressed"]').waitFor()
          for (const command of [...hub.commands.values()]) mock.devices.end(hub, command, 'done')
          mock.homes.behaviour = 'done'
          mock.devices.change(hub, 'kitchen-lamp', { on: false })
        }

        const newcomer = await open('home', sizes.phone, tokenOf('haneul'))
        await newcomer.locator('.empty').waitFor()
        await check(newcomer, 'no home')
        await newcomer.locator('[data-add]').click()
        await newcomer.locator('dialog .button').click()
        await newcomer.locator('dialog [aria-invalid="true"]').waitFor()
        await check(newcomer, 'serial missing')
        await newcomer.locator('dialog [name="serial"]').fill('MD-2041')
        await newcomer.locator('dialog .button').click()
        await newcomer.locator('dialog .code').fill('x')
        await newcomer.locator('dialog .button').click()
        await newcomer.locator('dialog [aria-invalid="true"]').waitFor()
        await check(newcomer, 'code to type')
        mock.devices.clear(hub, 'withdrawn')

        const home = await open('home', sizes.wall, tokenOf('sora'))
        await home.locator('[data-act]').first().waitFor()
        await check(home, 'home')
        await home.locator('[popovertarget="settings"]').click()
        await check(home, 'home settings')
        await home.keyboard.press('Escape')
        for (const what of ['rename', 'delete', 'join']) {
          await home.locator(`[data-${what}]`).click()
          await home.locator('dialog').waitFor()
          await check(home, what)
          await home.keyboard.press('Escape')
        }
        await home.locator('[data-invite]').click()
        await check(home, 'invite')
        await home.locator('dialog .button').last().click()
        await home.locator('[data-invitation]').waitFor()
        await check(home, 'invited')
        await home.keyboard.press('Escape')
        await home.locator('[data-device="door-lock"] .button').click()
        await home.locator('dialog').waitFor()
        await check(home, 'unlock')
        await home.keyboard.press('Escape')
        mock.homes.behaviour = 'refuse'
        await home.locator('[data-device="bedroom-lamp"]').getByRole('switch').click()
        await home.locator('[data-device="bedroom-lamp"][data-state="trouble"]').waitFor()
        mock.homes.behaviour = 'done'
        mock.devices.online('MD-2041', false)
        await home.locator('[data-hub][data-online="false"]').waitFor()
        await home.locator('[data-device="kitchen-lamp"]').getByRole('switch').click()
        await home.locator('[data-device="kitchen-lamp"][data-state="queued"]').waitFor()
        await check(home, 'away')
        await home.context().setOffline(true)
        await home.locator('[data-connection="offline"]').waitFor()
        await check(home, 'offline')

        mock.homes.grants.set('WDJB-MJHT', {
          request: 'r', user_code: 'WDJB-MJHT', hub: { serial: 'MD-9000', name: '거실 월패드' }, address: '203.0.113.7',
          asked_at: new Date().toISOString(), expires_in: 500, place: null, places: [{ id: 'p1', name: '우리 집' }],
        })
        const grant = await open('device', sizes.phone, tokenOf('sora'))
        await grant.locator('.code').fill('bbbb cccc')
        await grant.locator('[aria-invalid="true"]').waitFor()
        await check(grant, 'no such device')
        await grant.locator('.code').fill('wdjbmjht')
        await grant.locator('select').waitFor()
        await check(grant, 'device to confirm')
        await grant.locator('form .button').last().click()
        await grant.locator('[data-done="approved"]').waitFor()
        assert.deepEqual(mock.homes.decided, { request: 'r', hub: 'MD-9000', approve: true, place: 'p1' })
        await check(grant, 'device let in')

        mock.homes.box = hub
        mock.devices.online('MD-2041', true)
        const wall = await open('screen', SMALL)
        await wall.locator('[data-device="living-lamp"]').waitFor()
        const guest = await open('home', sizes.phone)
        await guest.locator('form .button').click()
        await guest.locator('.code').waitFor()
        await check(guest, 'guest')
        await wall.locator('[data-code]').waitFor()
        await guest.locator('.code').fill(hub.code.code)
        await guest.locator('[data-device="living-lamp"]').waitFor()
        await check(guest, 'guest at home')
        await guest.locator('[popovertarget="settings"]').click()
        await guest.locator('[data-sign-out]').click()
        await guest.locator('dialog .danger').click()
        await guest.locator('main.gate').waitFor()
        assert.equal(await guest.evaluate(() => localStorage.getItem('madang.pairing')), null)
        assert.deepEqual(windows.flatMap((one) => one.complaints), [])
      } finally {
        for (const { context } of windows) await context.close()
        await mock.close()
      }
    })
  }
})
