// Finding, making, leaving rooms; long histories; the phone's two views; the keyboard alone.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bubbles, openRoom, openWindow, person, start, until } from './harness.mjs'

describe('rooms', () => {
  let world, ana, ben

  before(async () => {
    world = await start()
    ana = await person(world.base, '하늘')
    ben = await person(world.base, '바다')
  })
  after(() => world.close())

  async function roomWith(count, reader) {
    const room = await ana.call('POST', 'v1/rooms', { name: `긴 이야기 ${count}`, type: 'public' })
    if (reader) await reader.call('POST', `v1/rooms/${room.id}/join`)
    for (let n = 1; n <= count; n++) await ana.call('POST', `v1/rooms/${room.id}/messages`, { text: `이야기 ${n}` })
    return room
  }

  test('create, discover, join and leave', async () => {
    const name = `새 마당 ${ana.id}`
    const a = await openWindow(world, { token: ana.token })
    await a.page.getByRole('button', { name: '새 대화' }).first().click()
    await a.page.getByRole('tab', { name: '만들기' }).click()
    await a.page.getByLabel('대화방 이름').fill(name)
    await a.page.getByRole('button', { name: '만들기', exact: true }).click()
    await a.page.getByRole('heading', { level: 2, name }).waitFor()

    const b = await openWindow(world, { token: ben.token })
    await b.page.getByRole('button', { name: '새 대화' }).first().click()
    await b.page.getByLabel('이름으로 찾기').fill(name)
    await b.page.getByRole('button', { name: `${name} 참여` }).click()
    await b.page.getByRole('heading', { level: 2, name }).waitFor()
    await a.page.getByText('2명').waitFor()

    await b.page.getByRole('button', { name: '나가기' }).click()
    await b.page.getByRole('dialog').getByRole('button', { name: '나가기' }).click()
    await b.page.getByRole('heading', { name: '어느 문부터 열어 볼까요?' }).waitFor()
    await a.page.getByText('1명').waitFor()
    assert.deepEqual([...a.complaints, ...b.complaints], [])
    await a.context.close()
    await b.context.close()
  })

  test('a direct conversation appears on the other side', async () => {
    const a = await openWindow(world, { token: ana.token })
    const b = await openWindow(world, { token: ben.token })
    await b.page.locator('[data-area="rooms"]').waitFor()
    await a.page.getByRole('button', { name: '새 대화' }).first().click()
    await a.page.getByRole('tab', { name: '1:1 대화' }).click()
    await a.page.getByLabel('상대방 아이디').fill(ana.id) // nobody talks to oneself
    await a.page.getByRole('button', { name: '대화하기' }).click()
    await a.page.getByRole('alert').waitFor()
    await a.page.getByLabel('상대방 아이디').fill(ben.id)
    await a.page.getByRole('button', { name: '대화하기' }).click()
    await a.page.getByRole('heading', { level: 2, name: ben.name }).waitFor()
    await b.page.locator('[data-room]').filter({ hasText: ana.name }).waitFor()
    await a.context.close()
    await b.context.close()
  })

  test('a person is invited into a private room', async () => {
    const room = await ana.call('POST', 'v1/rooms', { name: '안방', type: 'private' })
    const a = await openWindow(world, { token: ana.token })
    const b = await openWindow(world, { token: ben.token })
    await openRoom(a.page, room.id)
    await a.page.getByRole('button', { name: '참여한 사람 보기' }).click()
    await a.page.getByLabel('초대할 사람의 아이디').fill(ben.id)
    await a.page.getByRole('button', { name: '초대' }).click()
    await a.page.locator(`[data-area="members"] [data-user="${ben.id}"]`).waitFor()
    await b.page.locator(`[data-room="${room.id}"]`).waitFor()
    await a.context.close()
    await b.context.close()
  })

  test('history is paged upwards to the first message and the view stays in its place', async () => {
    const room = await roomWith(180)
    const { page, context, complaints } = await openWindow(world, { token: ana.token })
    await openRoom(page, room.id)
    const log = page.locator('[role="log"]')
    const first = page.locator('[data-message]').first()
    while ((await bubbles(page))[0] !== '이야기 1') {
      const before = await first.getAttribute('data-seq')
      // Just inside the zone that asks for more: the message at the top of the view must not move.
      const [seq, top] = await log.evaluate((box) => {
        box.scrollTop = 200
        const edge = box.getBoundingClientRect().top
        const row = [...box.querySelectorAll('[data-message]')].find((one) => one.getBoundingClientRect().top >= edge)
        return [row.dataset.seq, row.getBoundingClientRect().top]
      })
      await until(async () => (await first.getAttribute('data-seq')) !== before, 'an older page')
      await until(async () => {
        const now = await page.locator(`[data-seq="${seq}"]`).evaluate((row) => row.getBoundingClientRect().top)
        return Math.abs(now - top) < 2
      }, `message ${seq} where it was`)
    }
    assert.deepEqual(await bubbles(page), Array.from({ length: 180 }, (_, n) => `이야기 ${n + 1}`))
    await page.getByRole('button', { name: '맨 아래로' }).click()
    await page.getByText('이야기 180', { exact: true }).last().waitFor()
    assert.deepEqual(complaints, [])
    await context.close()
  })

  test('a room opens at the unread line, is not read until its end is seen, and jumps there', async () => {
    const room = await roomWith(60, ben)
    const { page, context } = await openWindow(world, { token: ben.token })
    const badge = page.locator(`[data-room="${room.id}"] .badge [aria-hidden]`)
    assert.equal(await badge.textContent(), '60')
    await openRoom(page, room.id)
    await page.locator('[data-unread-line]').waitFor()
    const jump = page.getByRole('button', { name: '새 메시지 60개' })
    await jump.waitFor()
    assert.equal((await ben.call('GET', 'v1/unread')).rooms[room.id], 60)
    await jump.click()
    await badge.waitFor({ state: 'detached' })
    await until(async () => !(await ben.call('GET', 'v1/unread')).rooms[room.id], 'the cursor on the server')
    await context.close()
  })

  test('who reads above is told of new messages and is not moved', async () => {
    const room = await roomWith(60)
    const other = await person(world.base, '구름')
    await other.call('POST', `v1/rooms/${room.id}/join`)
    const { page, context } = await openWindow(world, { token: ana.token })
    await openRoom(page, room.id)
    const log = page.locator('[role="log"]')
    await log.evaluate((box) => (box.scrollTop = 700))
    await page.getByRole('button', { name: '맨 아래로' }).waitFor()
    const at = await log.evaluate((box) => box.scrollTop)
    await other.call('POST', `v1/rooms/${room.id}/messages`, { text: '방금 한 말' })
    await page.getByRole('button', { name: '새 메시지 1개' }).waitFor()
    assert.equal(await log.evaluate((box) => box.scrollTop), at)
    await page.getByRole('button', { name: '새 메시지 1개' }).click()
    await page.locator(`[data-room="${room.id}"] .badge`).waitFor({ state: 'detached' })
    await context.close()
  })

  test('a phone shows the list or the room, and its back button works', async () => {
    const room = await roomWith(3)
    const { page, context } = await openWindow(world, { token: ana.token, width: 390, height: 800 })
    await openRoom(page, room.id)
    assert.equal(await page.locator('[data-area="rooms"]').isVisible(), false)
    await page.goBack()
    await page.locator('[data-area="rooms"]').waitFor()
    assert.equal(await page.locator('[role="log"]').isVisible(), false)
    await openRoom(page, room.id)
    await page.getByRole('button', { name: '대화 목록으로' }).click()
    await until(() => page.evaluate((id) => document.activeElement?.dataset.room === id, room.id), 'the focus on the room in the list')
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    assert.equal(wide, false, 'no sideways scrolling')
    await context.close()
  })

  test('a draft waits in its room', async () => {
    const [one, two] = [await roomWith(1), await roomWith(1)]
    const { page, context } = await openWindow(world, { token: ana.token })
    await openRoom(page, one.id)
    await page.locator('#composer').fill('쓰다 만 말')
    await openRoom(page, two.id)
    await page.waitForFunction(() => document.querySelector('#composer').value === '')
    await openRoom(page, one.id)
    await page.waitForFunction(() => document.querySelector('#composer').value === '쓰다 만 말')
    await context.close()
  })

  test('a reload comes back to the room', async () => {
    const room = await roomWith(2)
    const { page, context } = await openWindow(world, { token: ana.token })
    await openRoom(page, room.id)
    await page.reload()
    await page.getByText('이야기 2', { exact: true }).waitFor()
    await context.close()
  })

  test('everything can be done with the keyboard', async () => {
    const room = await roomWith(4)
    const { page, context } = await openWindow(world, { token: ana.token })
    await page.locator(`[data-room="${room.id}"]`).waitFor()
    const press = (key) => page.keyboard.press(key)
    const focused = (what) => page.evaluate((selector) => document.activeElement?.matches(selector), what)
    for (let n = 0; n < 40 && !(await focused(`[data-room="${room.id}"]`)); n++) await press('Tab')
    await press('Enter')
    await until(() => focused('#composer'), 'the focus in the message field')
    await page.keyboard.type('keyboard')
    await press('Enter')
    await page.locator('[data-state="sent"]').getByText('keyboard').waitFor()
    await press('Shift+F6')
    assert.ok(await focused('[role="log"]'), 'F6 walks to the messages')
    await press('ArrowUp')
    assert.ok(await focused('[data-message].mine:last-of-type'), 'the newest message')
    await press('Home')
    assert.equal(await page.evaluate(() => document.activeElement.dataset.seq), '1')
    await press('Shift+F6')
    assert.ok(await focused(`[data-room="${room.id}"]`), 'F6 walks to the open room in the list')
    await press('F6')
    await press('F6')
    assert.ok(await focused('#composer'))
    await context.close()
  })

  test('signing out forgets the token', async () => {
    const { page, context } = await openWindow(world, { token: ana.token })
    await page.locator('[popovertarget="settings"]').click()
    await page.locator('[data-sign-out]').click()
    await page.getByLabel('접속 토큰').waitFor()
    assert.equal(await page.evaluate(() => sessionStorage.length), 0)
    await context.close()
  })
})
