// Broken connections and refused tokens: nothing is lost, nothing comes twice, and the page says what is going on.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bubbles, openRoom, openWindow, person, say, start, until } from './harness.mjs'

describe('the connection', () => {
  let world, ana, ben, room

  before(async () => {
    world = await start()
    ana = await person(world.base, '하늘')
    ben = await person(world.base, '바다')
    room = await ana.call('POST', 'v1/rooms', { name: '끊겨도 괜찮은 방', type: 'public' })
    await ben.call('POST', `v1/rooms/${room.id}/join`)
  })
  after(() => world.close())

  test('after being offline nothing is missing and nothing is there twice', async () => {
    const { page, context } = await openWindow(world, { token: ana.token })
    await openRoom(page, room.id)
    await say(page, '끊기기 전')
    await page.locator('[data-state="sent"]').getByText('끊기기 전').waitFor()

    await context.setOffline(true)
    await page.getByText('인터넷 연결이 끊겼습니다.', { exact: false }).waitFor()
    const missed = Array.from({ length: 130 }, (_, n) => `놓친 말 ${n + 1}`)
    for (const text of missed) await ben.call('POST', `v1/rooms/${room.id}/messages`, { text })
    await say(page, '끊긴 사이에 쓴 말 하나')
    await say(page, '끊긴 사이에 쓴 말 둘')
    assert.equal(await page.locator('[data-state="sending"]').count(), 2)

    await context.setOffline(false)
    await page.getByText('다시 연결되었습니다.').waitFor()
    await until(async () => (await page.locator('[data-state="sending"]').count()) === 0, 'both messages sent')
    await until(async () => (await bubbles(page)).length === 133, 'every message')
    assert.deepEqual(await bubbles(page), ['끊기기 전', ...missed, '끊긴 사이에 쓴 말 하나', '끊긴 사이에 쓴 말 둘'])
    const seqs = await page.locator('[data-message]').evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq)))
    assert.deepEqual(seqs, Array.from(seqs, (_, n) => seqs[0] + n), 'without gaps')
    await page.getByText('다시 연결되었습니다.').waitFor({ state: 'detached' })
    await context.close()
  })

  test('a message without an answer fails, can be sent again, and is stored once', async () => {
    let mute = false
    const { page, context } = await openWindow(world, {
      token: ana.token,
      before: (page) =>
        page.routeWebSocket(/socket\.io/, (ws) => {
          const server = ws.connectToServer()
          // The request gets through; the answer and the message itself do not come back.
          server.onMessage((data) => mute && /^4[23]/.test(String(data)) ? undefined : ws.send(data))
        }),
    })
    await openRoom(page, room.id)
    mute = true
    await say(page, '대답 없는 말')
    const failed = page.locator('[data-state="failed"]')
    await failed.getByText('보내지 못했습니다').waitFor({ timeout: 30_000 })
    mute = false
    await failed.getByRole('button', { name: '다시 보내기' }).click()
    await page.locator('[data-state="sent"]').getByText('대답 없는 말').waitFor()
    assert.equal((await bubbles(page)).filter((text) => text === '대답 없는 말').length, 1)
    const { messages } = await ana.call('GET', `v1/rooms/${room.id}/messages?limit=50`)
    assert.equal(messages.filter((message) => message.text === '대답 없는 말').length, 1)
    await context.close()
  })

  test('a failed message can be discarded', async () => {
    let mute = false
    const { page, context } = await openWindow(world, {
      token: ana.token,
      before: (page) =>
        page.routeWebSocket(/socket\.io/, (ws) => {
          const server = ws.connectToServer()
          ws.onMessage((data) => mute && String(data).includes('sendMessage') ? undefined : server.send(data))
        }),
    })
    await openRoom(page, room.id)
    mute = true
    await say(page, '버릴 말')
    await page.getByRole('button', { name: '지우기' }).click({ timeout: 30_000 })
    assert.equal((await bubbles(page)).includes('버릴 말'), false)
    await context.close()
  })

  test('a token about to end is replaced on the live connection', async () => {
    let wire
    const { page, context } = await openWindow(world, {
      token: ana.token,
      before: async (page) => {
        await page.route('**/dev/session', (route) => route.fulfill({ status: 404, json: { code: 'not_found' } }))
        await page.routeWebSocket(/socket\.io/, (ws) => {
          ws.connectToServer()
          wire = ws
        })
      },
    })
    await openRoom(page, room.id)
    wire.send(`42/chat,["token.expiring",{"expires":"${new Date(Date.now() + 60_000).toISOString()}"}]`)
    await page.getByRole('button', { name: '토큰 바꾸기' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('접속 토큰').fill('nonsense')
    await dialog.getByRole('button', { name: '토큰 바꾸기' }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel('접속 토큰').fill(ana.token)
    await dialog.getByRole('button', { name: '토큰 바꾸기' }).click()
    await page.getByText('로그인을 연장했습니다.').waitFor()
    await page.getByText('만료됩니다', { exact: false }).waitFor({ state: 'detached' })
    await context.close()
  })

  test('a bad token leads back to the sign-in with words', async () => {
    const { page, context } = await openWindow(world, { hash: '#token=nonsense' })
    await page.getByRole('alert').getByText('유효하지 않거나 만료된 토큰입니다.').waitFor()
    await page.getByLabel('접속 토큰').waitFor()
    assert.equal(new URL(page.url()).hash, '')
    assert.equal(await page.evaluate(() => sessionStorage.length), 0)
    await context.close()
  })

  for (const [token, text] of [['nonsense', 'The token is invalid or has expired.'], ['', 'The access token is missing.']]) {
    test(`a token that the live connection refuses (${token || 'none'}) leads back to the sign-in`, async () => {
      const { page, context } = await openWindow(world, {
        locale: 'en-US',
        hash: '#token=anything',
        before: async (page) => {
          await page.route('**/v1/me', (route) => route.fulfill({ json: { id: 'x', name: 'X' } }))
          await page.route('**/v1/rooms', (route) => route.fulfill({ json: { rooms: [] } }))
          await page.routeWebSocket(/socket\.io/, (ws) => {
            const server = ws.connectToServer()
            ws.onMessage((data) => server.send(String(data).replace('"anything"', JSON.stringify(token))))
          })
        },
      })
      await page.getByRole('alert').getByText(text).waitFor()
      await context.close()
    })
  }

  test('a development user is made and signed in', async () => {
    const { page, context } = await openWindow(world)
    await page.getByLabel('새 개발용 사용자 이름').fill('노을')
    await page.getByRole('button', { name: '만들고 들어가기' }).click()
    await page.locator('[data-area="rooms"]').getByText('노을').first().waitFor()
    await context.close()
  })
})
