// Two people in two browsers: what one says the other sees, with receipts, counts and presence.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bubbles, openRoom, openWindow, person, say, start, until } from './harness.mjs'

describe('two people', () => {
  let world, ana, ben, room

  before(async () => {
    world = await start()
    ana = await person(world.base, '하늘')
    ben = await person(world.base, '바다')
    room = await ana.call('POST', 'v1/rooms', { name: '두 사람의 방', type: 'private' })
    await ana.call('PUT', `v1/rooms/${room.id}/members/${ben.id}`)
  })
  after(() => world.close())

  /** Both in the room, in windows of their own. */
  async function both() {
    const a = await openWindow(world, { token: ana.token })
    const b = await openWindow(world, { token: ben.token, locale: 'en-US' })
    await openRoom(a.page, room.id)
    await openRoom(b.page, room.id)
    return { a, b, close: async () => {
      assert.deepEqual([...a.complaints, ...b.complaints], [])
      await a.context.close()
      await b.context.close()
    } }
  }

  test('the token leaves the address at once', async () => {
    const { page, context } = await openWindow(world, { token: ana.token })
    await page.locator('[data-room]').first().waitFor()
    assert.equal(new URL(page.url()).hash, '')
    await context.close()
  })

  test('a message arrives, and its number falls when it is read', async () => {
    const { a, b, close } = await both()
    await b.page.evaluate(() => {
      document.hasFocus = () => false
      dispatchEvent(new Event('blur'))
    })
    await say(a.page, '안녕하세요')
    await b.page.getByText('안녕하세요', { exact: true }).waitFor()
    const mine = a.page.locator('[data-message].mine').last()
    await mine.locator('.count').getByText('안 읽은 사람 1명').waitFor({ state: 'attached' })
    await until(async () => /^\(\d+\)/.test(await b.page.title()), 'the count in the title')

    await b.page.evaluate(() => {
      delete document.hasFocus
      dispatchEvent(new Event('focus'))
    })
    await mine.locator('.count').waitFor({ state: 'detached' })
    await until(async () => !/^\(/.test(await b.page.title()), 'the title without a count')
    await b.page.getByText('You have read up to here').waitFor()
    await close()
  })

  test('rapid messages keep their order and come once', async () => {
    const { a, b, close } = await both()
    const words = Array.from({ length: 12 }, (_, n) => `빠른 말 ${n}`)
    for (const word of words) await say(a.page, word)
    for (const page of [a.page, b.page]) {
      await until(async () => (await bubbles(page)).includes(words.at(-1)), 'the last message')
      assert.deepEqual((await bubbles(page)).filter((text) => text.startsWith('빠른 말')), words)
    }
    await until(async () => (await a.page.locator('[data-state="sending"]').count()) === 0, 'every confirmation')
    await close()
  })

  test('Shift+Enter breaks the line, and blank messages are not sent', async () => {
    const { a, b, close } = await both()
    await a.page.locator('#composer').fill('첫 줄')
    await a.page.keyboard.press('Shift+Enter')
    await a.page.keyboard.type('둘째 줄')
    await a.page.keyboard.press('Enter')
    await until(async () => (await bubbles(b.page)).includes('첫 줄\n둘째 줄'), 'both lines')
    const count = (await bubbles(a.page)).length
    await say(a.page, '   ')
    assert.equal((await bubbles(a.page)).length, count)
    await close()
  })

  test('Enter while a Hangul syllable is composed never sends', async () => {
    const { a, b, close } = await both()
    const cdp = await a.context.newCDPSession(a.page)
    const enter = (keyCode) => ({ key: 'Enter', code: 'Enter', windowsVirtualKeyCode: keyCode, nativeVirtualKeyCode: keyCode })
    const field = a.page.locator('#composer')
    await field.focus()
    const count = (await bubbles(a.page)).length
    for (const text of ['ㅎ', '하', '한']) {
      await cdp.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
    }
    await a.page.evaluate(() => {
      window.seen = []
      document.querySelector('#composer').addEventListener('keydown', (event) => window.seen.push(event.isComposing))
    })
    await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter(13) })
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter(13) })
    assert.deepEqual(await a.page.evaluate(() => window.seen), [true], 'the browser was composing')
    assert.equal((await bubbles(a.page)).length, count, 'nothing was sent')
    await cdp.send('Input.insertText', { text: '한' })
    assert.equal(await field.inputValue(), '한')

    // Safari: the composition is over, but the key still belongs to the input method.
    await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter(229) })
    assert.equal((await bubbles(a.page)).length, count, 'nothing was sent by a key with the code 229')

    await a.page.keyboard.press('Enter')
    await until(async () => (await bubbles(b.page)).at(-1) === '한', 'the message')
    assert.equal((await bubbles(a.page)).length, count + 1, 'sent exactly once')
    assert.equal(await field.inputValue(), '')
    await close()
  })

  test('people are shown online, and offline when their last window closes', async () => {
    const { a, b } = await both()
    await a.page.locator('[data-members-toggle]').click()
    const row = a.page.locator(`[data-area="members"] [data-user="${ben.id}"]`)
    await row.getByText('접속 중').waitFor()
    await b.context.close()
    await row.getByText('접속', { exact: false }).filter({ hasNotText: '접속 중' }).waitFor()
    assert.equal(await row.getAttribute('data-online'), 'false')
    await a.context.close()
  })
})
