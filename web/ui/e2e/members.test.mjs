// The chat page with accounts, against the real program: register, chat by the session alone, sign out.
//
//   MADANG  the program's path; without it there is nothing to start, and the tests are left out

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bubbles, launch, say, until } from './harness.mjs'

const { MADANG } = process.env

describe('members', { skip: !MADANG && 'MADANG names no program' }, () => {
  let folder, child, ended, base, browser

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'madang-'))
    const env = { PATH: process.env.PATH, HOME: process.env.HOME }
    child = spawn(resolve(MADANG), ['serve', '--listen', '127.0.0.1:0'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'ignore'] })
    ended = new Promise((resolve) => child.once('close', resolve))
    let said = ''
    base = await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.stdout.on('data', (data) => {
        said += data
        const found = /listening on (http:\S+)/.exec(said)
        if (found) resolve(found[1])
      })
      void ended.then(() => reject(new Error(`the server did not start: ${said}`)))
    })
    browser = await launch()
  })

  after(async () => {
    await browser.close()
    child.kill('SIGTERM')
    assert.equal(await ended, 0, 'the server stopped in good order')
    await rm(folder, { recursive: true })
  })

  async function register(name, email) {
    const page = await (await browser.newContext({ locale: 'ko-KR' })).newPage()
    page.setDefaultTimeout(30_000)
    await page.goto(base)
    await page.locator('[data-login]').waitFor()
    await page.goto(`${base}/register`)
    for (const [field, text] of Object.entries({ name, email, password: 'correct horse', password_confirmation: 'correct horse' })) {
      await page.locator(`[name="${field}"]`).fill(text)
    }
    await page.locator('[name="password_confirmation"]').press('Enter')
    await page.locator('[data-area="rooms"]').waitFor()
    return page
  }

  test('two of them chat by their sessions, and one leaves', async () => {
    const one = await register('김하늘', 'haneul@example.com')
    const two = await register('이바다', 'bada@example.com')
    await one.locator('[data-area="rooms"] li button').first().click()
    await two.locator('[data-area="rooms"] li button').first().click()
    await say(one, '안녕하세요')
    await until(async () => (await bubbles(two)).some((text) => text.includes('안녕하세요')), 'the message of the other arrives')
    assert.ok((await two.locator('main').first().innerText()).includes('김하늘'), 'it has the name of the profile')

    await one.locator('[popovertarget="settings"]').click()
    assert.equal(await one.locator('[data-profile]').getAttribute('href'), '/user/profile')
    await one.locator('[data-sign-out]').click()
    await one.locator('[data-login]').waitFor()
    await one.reload()
    await one.locator('[data-login]').waitFor()
    assert.equal((await one.request.get(`${base}/api/user`, { headers: { Accept: 'application/json' } })).status(), 401)
  })
})
