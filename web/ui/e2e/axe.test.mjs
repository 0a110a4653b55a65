// axe-core on every state of the page, in both languages and both themes, wide and narrow: no violation of any kind.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'
import { openRoom, openWindow, person, say, start } from './harness.mjs'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

describe('accessibility', () => {
  let world, ana, ben, room, empty

  before(async () => {
    world = await start()
    ana = await person(world.base, '하늘')
    ben = await person(world.base, '바다')
    room = await ana.call('POST', 'v1/rooms', { name: '모두의 방', type: 'private' })
    await ana.call('PUT', `v1/rooms/${room.id}/members/${ben.id}`)
    empty = await ana.call('POST', 'v1/rooms', { name: '빈 방', type: 'private' })
    await ben.call('POST', 'v1/rooms', { name: `찾을 수 있는 방 ${ben.id}`, type: 'public' })
    const direct = await ana.call('POST', 'v1/dms', { user: ben.id })
    for (let n = 0; n < 30; n++) {
      const who = n % 3 ? ben : ana
      await who.call('POST', `v1/rooms/${room.id}/messages`, { text: `이야기 ${n}\n두 번째 줄` })
    }
    await ben.call('POST', `v1/rooms/${direct.id}/messages`, { text: '안녕?' })
  })
  after(() => world.close())

  async function check(page, state) {
    await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => undefined))))
    const found = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`)
    })
    assert.deepEqual(found, [], state)
    const small = await page.evaluate(() =>
      [...document.querySelectorAll('button, input, textarea, [role="tab"]')]
        .filter((one) => one.checkVisibility())
        .map((one) => ({ box: one.getBoundingClientRect(), html: one.outerHTML.slice(0, 120) }))
        .filter(({ box }) => box.width > 0 && (box.width < 20 || box.height < 20 || (box.width < 24 && box.height < 24 && !/radio/.test(box.html))))
        .map(({ html }) => html),
    )
    assert.deepEqual(small.filter((html) => !html.includes('type="radio"')), [], `${state}: targets of 24 px`)
  }

  // A real server shows the same page: one look at it is enough.
  for (const locale of process.env.BASE_URL ? ['ko-KR'] : ['ko-KR', 'en-US']) {
    for (const colorScheme of process.env.BASE_URL ? ['dark'] : ['light', 'dark']) {
      for (const width of process.env.BASE_URL ? [390] : colorScheme === 'light' ? [1280, 800] : [800, 390]) {
        test(`${locale} ${colorScheme} ${width}`, async () => {
          const options = { locale, colorScheme, width, before: (page) => page.addInitScript(axe) }
          const guest = await openWindow(world, options)
          await guest.page.locator('#dev-name').waitFor()
          await check(guest.page, 'sign-in')
          await guest.page.goto(`${world.base}#token=nonsense`)
          await guest.page.getByRole('alert').waitFor()
          await check(guest.page, 'sign-in with an error')
          assert.equal(await guest.page.evaluate(() => document.documentElement.lang), locale.slice(0, 2))
          await guest.context.close()

          const lonely = await openWindow(world, { ...options, token: (await person(world.base, '혼자')).token })
          // A server may have a room that everybody is in.
          await lonely.page.locator('[data-area="rooms"] .empty, [data-room]').first().waitFor()
          await check(lonely.page, 'no rooms')
          await lonely.context.close()

          const { page, context, complaints } = await openWindow(world, { ...options, token: ana.token })
          await page.locator('[data-room]').first().waitFor()
          await check(page, 'list with unread messages')
          await page.locator('[popovertarget="settings"]').click()
          await check(page, 'settings')
          await page.keyboard.press('Escape')
          await page.locator('.add').click()
          await page.locator('dialog li').first().waitFor()
          await check(page, 'find rooms')
          await page.locator('#tab-create').click()
          await check(page, 'create a room')
          await page.locator('#tab-direct').click()
          await page.locator('#new-user').fill(ana.id) // nobody talks to oneself
          await page.locator('dialog form .button').click()
          await page.getByRole('alert').waitFor()
          await check(page, 'direct conversation with an error')
          await page.keyboard.press('Escape')

          // Not looking: the messages stay unread, for the next round too.
          await page.evaluate(() => {
            document.hasFocus = () => false
            dispatchEvent(new Event('blur'))
          })
          await openRoom(page, room.id)
          await check(page, 'conversation')
          await page.locator('[role="log"]').evaluate((box) => (box.scrollTop = 0))
          await page.locator('.jump').waitFor()
          await check(page, 'conversation scrolled up')
          await page.locator('[data-members-toggle]').click()
          await page.locator('[data-area="members"] li').first().waitFor()
          await check(page, 'people')
          await page.locator('[data-area="members"] header button').click()
          await page.locator('[data-leave]').click()
          await check(page, 'leave')
          await page.keyboard.press('Escape')
          await context.setOffline(true)
          await page.locator('[data-connection="offline"]').waitFor()
          await say(page, '보내는 중인 말')
          await check(page, 'offline with a message on its way')
          await page.goBack()
          if (width < 641) await page.locator(`[data-room="${empty.id}"]`).waitFor()
          await context.setOffline(false)
          await page.locator('[data-connection="online"]').waitFor()
          await openRoom(page, empty.id)
          await check(page, 'empty room')
          assert.deepEqual(complaints, [])
          await context.close()
        })
      }
    }
  }

  test('a failed message, and a token about to end', async () => {
    let mute = false
    let wire
    const { page, context } = await openWindow(world, {
      token: ana.token,
      before: async (page) => {
        await page.addInitScript(axe)
        await page.route('**/dev/session', (route) => route.fulfill({ status: 404, json: { code: 'not_found' } }))
        await page.routeWebSocket(/socket\.io/, (ws) => {
          const server = ws.connectToServer()
          wire = ws
          ws.onMessage((data) => mute && String(data).includes('sendMessage') ? undefined : server.send(data))
        })
      },
    })
    await openRoom(page, empty.id)
    mute = true
    await say(page, '가지 못한 말')
    await page.locator('[data-state="failed"]').waitFor({ timeout: 30_000 })
    wire.send(`42/chat,["token.expiring",{"expires":"${new Date(Date.now() + 60_000).toISOString()}"}]`)
    const change = page.getByRole('button', { name: '토큰 바꾸기' })
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      await change.waitFor()
      await check(page, `failed message, ${colorScheme}`)
      await change.click()
      await check(page, `new token, ${colorScheme}`)
      await page.keyboard.press('Escape')
    }
    await context.close()
  })

  test('forced colours', async () => {
    const { page, context } = await openWindow(world, {
      token: ana.token,
      forcedColors: 'active',
      reducedMotion: 'reduce',
      before: (page) => page.addInitScript(axe),
    })
    await openRoom(page, room.id)
    await check(page, 'conversation')
    await context.close()
  })

  test('new messages of others are announced, own ones and history are not', async () => {
    const { page, context } = await openWindow(world, { token: ana.token })
    await openRoom(page, room.id)
    await page.evaluate(() => {
      window.heard = []
      const region = [...document.querySelectorAll('[aria-live="polite"]')].at(-1)
      new MutationObserver(() => region.textContent && window.heard.push(region.textContent)).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      })
    })
    await say(page, '내가 한 말')
    await page.locator('[data-state="sent"]').getByText('내가 한 말').waitFor()
    await ben.call('POST', `v1/rooms/${room.id}/messages`, { text: '들리나요' })
    await page.waitForFunction(() => window.heard.length > 0)
    assert.deepEqual(await page.evaluate(() => window.heard), [`${ben.name}: 들리나요`])
    await context.close()
  })
})
