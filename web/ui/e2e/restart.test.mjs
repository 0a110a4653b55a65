// The real program under two browsers: one goes offline and comes back, the server is killed and comes back, and nothing
// is lost or there twice.
//
//   MADANG  the program's path; without it there is nothing to start, and the tests are left out
//   SHOTS   a folder for pictures of the page

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bubbles, launch, openRoom, openWindow, person, say, until } from './harness.mjs'

const { MADANG, SHOTS } = process.env

/** A port that no connection takes by chance while the server is away: below those that systems hand out. */
async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const free = await new Promise((resolve) => {
      const probe = createServer()
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (free) return port
  }
}

/** The server in a folder of its own, always at the same address. */
async function openServer() {
  const folder = await mkdtemp(join(tmpdir(), 'madang-'))
  const address = `127.0.0.1:${await freePort()}`
  let running

  async function begin() {
    // Nothing of this environment but what a program needs: no setting.
    const env = { PATH: process.env.PATH, HOME: process.env.HOME }
    const child = spawn(resolve(MADANG), ['serve', '--listen', address], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
    running = { child, ended }
    await new Promise((resolve, reject) => {
      child.once('error', reject)
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (data) => {
          said += data
          if (said.includes(`listening on http://${address}`)) resolve()
        })
      }
      void ended.then(() => reject(new Error(`the server did not start: ${said}`)))
    })
  }

  async function end(signal) {
    running.child.kill(signal)
    return running.ended
  }

  await begin()
  return {
    base: `http://${address}/`,
    begin,
    kill: () => end('SIGKILL'),
    async close() {
      const { code } = await end('SIGTERM')
      await rm(folder, { recursive: true })
      assert.equal(code, 0, 'the server stopped in good order')
    },
  }
}

describe('the real server', { skip: !MADANG && 'MADANG names no program' }, () => {
  let server, browser, world, ana, ben, room

  before(async () => {
    server = await openServer()
    browser = await launch()
    world = { base: server.base, browser }
    ana = await person(world.base, '하늘')
    ben = await person(world.base, '바다')
    room = await ana.call('POST', 'v1/rooms', { name: '꺼져도 괜찮은 방', type: 'private' })
    await ana.call('PUT', `v1/rooms/${room.id}/members/${ben.id}`)
  })
  after(async () => {
    await browser?.close()
    await server?.close()
  })

  const back = (page) => page.locator('[data-connection="online"]').waitFor({ state: 'attached' })
  const count = (page) => page.locator(`[data-room="${room.id}"] .badge [aria-hidden]`)

  async function shot(page, name) {
    if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}.png`), animations: 'disabled' })
  }

  /** What both have must be the same, in the order of the seqs, without a gap. */
  async function same(a, b, texts) {
    for (const page of [a, b]) {
      await until(async () => (await bubbles(page)).length >= texts.length, `${texts.length} messages`)
      assert.deepEqual(await bubbles(page), texts)
      const seqs = await page.locator('[data-message]').evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq)))
      assert.deepEqual(seqs, Array.from(seqs, (_, n) => n + 1), 'without gaps')
    }
  }

  test('two people go through a broken network and a killed server', { timeout: 120_000 }, async () => {
    const a = await openWindow(world, { token: ana.token })
    const b = await openWindow(world, { token: ben.token, locale: 'en-US', colorScheme: 'dark' })
    await openRoom(a.page, room.id)
    await openRoom(b.page, room.id)
    for (const { page } of [a, b]) await page.locator('[data-room="lobby"]').waitFor() // they come for the first time
    const texts = ['안녕하세요', 'Hello', '잘 지냈어요?']
    await say(a.page, texts[0])
    await b.page.getByText(texts[0], { exact: true }).last().waitFor()
    await say(b.page, texts[1])
    await a.page.getByText(texts[1], { exact: true }).last().waitFor()
    await say(a.page, texts[2])
    await same(a.page, b.page, texts)
    await shot(a.page, 'ko-light')
    await shot(b.page, 'en-dark')

    // One is offline, and both write.
    await b.context.setOffline(true)
    await b.page.locator('[data-connection="offline"]').waitFor()
    await shot(b.page, 'en-dark-offline')
    for (let n = 1; n <= 60; n++) {
      await ana.call('POST', `v1/rooms/${room.id}/messages`, { text: `놓친 말 ${n}` })
      texts.push(`놓친 말 ${n}`)
    }
    await say(b.page, 'written offline')
    texts.push('written offline')
    assert.equal(await b.page.locator('[data-state="sending"]').count(), 1)
    await b.context.setOffline(false)
    await back(b.page)
    await same(a.page, b.page, texts)

    // The server is killed; both write meanwhile.
    await server.kill()
    for (const { page } of [a, b]) await page.locator('[data-connection="reconnecting"] .note').waitFor()
    await shot(a.page, 'ko-light-reconnecting')
    await say(a.page, '서버가 없을 때 쓴 말')
    await a.page.locator('[data-state="sending"]').waitFor()
    await server.begin()
    for (const { page } of [a, b]) {
      await back(page)
      await page.locator('[data-connection] .note.back').waitFor()
    }
    await shot(b.page, 'en-dark-back')
    texts.push('서버가 없을 때 쓴 말')
    await same(a.page, b.page, texts)
    for (const { page } of [a, b]) {
      await page.locator('[data-connection] .note').waitFor({ state: 'detached' })
      assert.equal(await page.locator('[data-state="sending"], [data-state="failed"]').count(), 0)
    }
    await say(b.page, 'after the restart')
    texts.push('after the restart')
    await same(a.page, b.page, texts)
    assert.deepEqual([...a.complaints, ...b.complaints], [])
    await a.context.close()
    await b.context.close()
  })

  test('the server may be killed again and again while somebody writes', { timeout: 120_000 }, async () => {
    const a = await openWindow(world, { token: ana.token })
    const b = await openWindow(world, { token: ben.token })
    await openRoom(a.page, room.id)
    await openRoom(b.page, room.id)
    const words = []
    for (let round = 1; round <= 3; round++) {
      for (let n = 1; n <= 4; n++) {
        words.push(`${round}번째, 말 ${n}`)
        await say(a.page, words.at(-1))
        if (n === 2) await server.kill() // what was said just now may be on its way
      }
      await server.begin()
      for (const { page } of [a, b]) {
        await until(async () => (await bubbles(page)).at(-1) === words.at(-1), `${words.at(-1)} on both pages`, 30_000)
        assert.deepEqual((await bubbles(page)).filter((text) => /번째, 말/.test(text)), words)
      }
      await until(async () => (await a.page.locator('[data-state="sending"]').count()) === 0, 'every confirmation')
    }
    assert.deepEqual([...a.complaints, ...b.complaints], [])
    await a.context.close()
    await b.context.close()
  })

  test('the number of unread messages survives a restart', { timeout: 60_000 }, async () => {
    const b = await openWindow(world, { token: ben.token, width: 390, height: 844 })
    await b.page.locator(`[data-room="${room.id}"]`).waitFor()
    assert.equal(await count(b.page).count(), 0, 'everything has been read')
    for (let n = 1; n <= 3; n++) await ana.call('POST', `v1/rooms/${room.id}/messages`, { text: `안 읽은 말 ${n}` })
    await until(async () => (await count(b.page).textContent()) === '3', 'three unread messages')
    await server.kill()
    await b.page.locator('[data-connection="reconnecting"]').waitFor({ state: 'attached' })
    await server.begin()
    await ana.call('POST', `v1/rooms/${room.id}/messages`, { text: '안 읽은 말 4' })
    await back(b.page)
    await until(async () => (await count(b.page).textContent()) === '4', 'four unread messages')
    await until(async () => /^\(4\)/.test(await b.page.title()), 'the number in the title')
    await shot(b.page, 'mobile-rooms')
    await openRoom(b.page, room.id)
    await shot(b.page, 'mobile-room')
    await until(async () => (await ben.call('GET', 'v1/unread')).total === 0, 'everything read')
    await until(async () => !/^\(/.test(await b.page.title()), 'a title without a number')
    assert.deepEqual(b.complaints, [])
    await b.context.close()
  })

  test('Hangul is composed and sent once', { timeout: 60_000 }, async () => {
    const a = await openWindow(world, { token: ana.token, colorScheme: 'dark' })
    const b = await openWindow(world, { token: ben.token, colorScheme: 'dark', width: 390, height: 844 })
    await openRoom(a.page, room.id)
    await openRoom(b.page, room.id)
    const cdp = await a.context.newCDPSession(a.page)
    const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, nativeVirtualKeyCode: 13 }
    const before = await bubbles(b.page)
    await a.page.locator('#composer').focus()
    for (const steps of [['ㄱ', '가'], ['ㄴ', '나', '난']]) {
      for (const text of steps) await cdp.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })
      await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter })
      await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter })
      await cdp.send('Input.insertText', { text: steps.at(-1) })
    }
    assert.equal(await a.page.locator('#composer').inputValue(), '가난')
    await a.page.keyboard.press('Enter')
    await until(async () => (await bubbles(b.page)).at(-1) === '가난', 'the message')
    assert.deepEqual(await bubbles(b.page), [...before, '가난'])
    await a.page.locator('[data-state="sent"]').getByText('가난', { exact: true }).waitFor()
    await shot(a.page, 'ko-dark')
    await shot(b.page, 'mobile-dark')
    assert.deepEqual([...a.complaints, ...b.complaints], [])
    await a.context.close()
    await b.context.close()
  })
})
