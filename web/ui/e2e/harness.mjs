// What every end-to-end test needs: a server (BASE_URL, or the mock), a browser, and people from /dev/session.

import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'
import { startMock } from '../test/mock/server.mjs'

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS })

/** A server and a browser for one file of tests. */
export async function start() {
  const mock = process.env.BASE_URL ? undefined : await startMock()
  const base = (process.env.BASE_URL ?? mock.url).replace(/\/*$/, '/')
  const browser = await launch()
  return {
    base,
    browser,
    async close() {
      await browser.close()
      await mock?.close()
    },
  }
}

/** A new development user, with the REST calls that a test makes on the user's behalf. */
export async function person(base, name) {
  const made = await call(base, undefined, 'POST', 'dev/session', { name: `${name}-${randomBytes(3).toString('hex')}` })
  return { ...made, call: (method, path, body) => call(base, made.token, method, path, body) }
}

async function call(base, token, method, path, body) {
  const res = await fetch(new URL(path, base), {
    method,
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await res.text()
  if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

/** A window of its own: nothing is shared with another one. Whatever the page complains about fails the test. */
export async function openWindow({ browser, base }, { token, locale = 'ko-KR', colorScheme = 'light', width = 1280, height = 800, hash, before, ...more } = {}) {
  const context = await browser.newContext({ locale, colorScheme, timezoneId: 'Asia/Seoul', viewport: { width, height }, ...more })
  const page = await context.newPage()
  const complaints = []
  page.on('pageerror', (err) => complaints.push(String(err)))
  page.on('console', (message) => {
    // Requests that fail while a test is offline are meant to.
    if (message.type() === 'error' && !/ERR_|Failed to load resource|WebSocket connection/.test(message.text())) complaints.push(message.text())
  })
  await before?.(page)
  await page.goto(`${base}${hash ?? (token ? `#token=${encodeURIComponent(token)}` : '')}`)
  return { context, page, complaints }
}

export async function openRoom(page, id) {
  await page.locator(`[data-room="${id}"]`).click()
  await page.locator('[role="log"][aria-busy="false"]').waitFor()
}

export async function say(page, text) {
  await page.locator('#composer').fill(text)
  await page.locator('#composer').press('Enter')
}

export const bubbles = (page) => page.locator('[data-message] .bubble').allTextContents()

/** What goes into pages that faults looks at. */
export const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe-core finds wrong with a page as it is when its animations have ended; only by some of its rules, if they are named. */
export const faults = (page, rules) =>
  page.evaluate(async (rules) => {
    await Promise.all(document.getAnimations().filter((one) => one.effect?.getTiming().iterations !== Infinity).map((one) => one.finished.catch(() => undefined)))
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'], ...(rules && { runOnly: rules }) })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`)
  }, rules)

/** Waits until the function gives a true value, and gives that back. */
export async function until(work, what, ms = 30_000) {
  const end = Date.now() + ms
  for (;;) {
    const value = await work()
    if (value) return value
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
}
