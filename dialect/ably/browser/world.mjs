// What the tests share: a browser, pages of another origin than the server's, and networks in which WebSockets do not work well.
import http from 'node:http'
import net from 'node:net'
import crypto from 'node:crypto'
import { readFileSync } from 'node:fs'
import { after } from 'node:test'
import { chromium } from 'playwright-core'

export const port = Number(process.env.PORT)
export const rootKey = 'main.root:main-secret', readerKey = 'main.reader:reader-secret'

// The generations of clients, as browsers load them.
export const generations = [
  { name: 'ably 2', v: 2, script: 'node_modules/ably/build/ably.min.js' },
  { name: 'ably 1.2', v: 1, script: 'node_modules/ably1/build/ably.min.js' },
]

// jwt signs a token as an application would.
function jwt(claims, seconds) {
  const [kid, secret] = rootKey.split(':')
  const part = (v) => Buffer.from(JSON.stringify(v)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const text = part({ alg: 'HS256', typ: 'JWT', kid }) + '.' + part({ iat: now, exp: now + seconds, ...claims })
  return text + '.' + crypto.createHmac('sha256', secret).update(text).digest('base64url')
}

const listen = (server) => new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)))

// The application: its pages, and its authUrl. The first token that a page gets is short.
const asked = new Map()
const app = http.createServer((req, res) => {
  const url = new URL(req.url, 'http://app')
  const g = generations.find((g) => url.pathname === `/${g.v}.js`)
  if (g) return res.setHeader('Content-Type', 'text/javascript').end(readFileSync(new URL(g.script, import.meta.url)))
  if (url.pathname === '/auth') {
    const who = url.searchParams.get('who'), n = asked.get(who) ?? 0
    asked.set(who, n + 1)
    return res.setHeader('Content-Type', 'application/jwt').end(jwt({ 'x-ably-clientId': 'kim' }, n ? 60 : 7))
  }
  res.setHeader('Content-Type', 'text/html').end(`<!doctype html><title>page</title><script src="/${url.searchParams.get('v')}.js"></script>`)
})
const appPort = await listen(app)
export const tokensAsked = (who) => asked.get(who) ?? 0

// Networks that let requests through, and WebSockets never, or late.
const network = () => http.createServer((req, res) => {
  const on = http.request({ port, host: '127.0.0.1', path: req.url, method: req.method, headers: req.headers }, (answer) => {
    res.writeHead(answer.statusCode, answer.rawHeaders.length ? answer.headers : {})
    answer.pipe(res)
  })
  on.on('error', () => res.destroy())
  res.on('close', () => on.destroy())
  req.pipe(on)
})
const never = network().on('upgrade', (_, socket) => socket.destroy())
const late = network().on('upgrade', (req, near, head) => setTimeout(() => {
  const far = net.connect(port, '127.0.0.1', () => {
    const lines = req.rawHeaders.map((v, i) => i % 2 ? v + '\r\n' : v + ': ')
    far.write(`GET ${req.url} HTTP/1.1\r\n${lines.join('')}\r\n`)
    far.write(head)
    far.pipe(near).pipe(far)
  })
  for (const [a, b] of [[near, far], [far, near]]) a.on('error', () => {}).on('close', () => b.destroy())
}, 500))
export const noWebSockets = await listen(never), lateWebSockets = await listen(late)

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
})
after(async () => {
  await browser.close()
  for (const s of [app, never, late]) { s.close(); s.closeAllConnections() }
})

// open opens a page with a generation's library and what tests in it need:
//   options(more)  those of a client
//   state(c, name) waits for a state of a connection or channel
//   until(f)       waits for a condition
//   failure(p)     the code, status and message with which a promise fails
export async function open(t, g, atPort = port) {
  const context = await browser.newContext(), page = await context.newPage()
  t.after(() => context.close())
  const errors = []
  page.on('pageerror', (err) => errors.push(String(err)))
  await page.goto(`http://127.0.0.1:${appPort}/?v=${g.v}`)
  await page.evaluate(([v, port, key, app]) => {
    const host = v === 2 ? { endpoint: '127.0.0.1' } : { restHost: '127.0.0.1', realtimeHost: '127.0.0.1' }
    const net = `http://127.0.0.1:${port}/is-the-internet-up.txt`
    window.app = app
    window.server = `http://127.0.0.1:${port}`
    window.options = (more = {}) => ({
      ...host, port, tls: false, ...(v === 2 ? { logLevel: 0 } : { log: { level: 0 } }), connectivityCheckUrl: net,
      ...('authUrl' in more || 'key' in more ? {} : { key }), ...more,
    })
    window.Realtime = v === 2 ? window.Ably.Realtime : window.Ably.Realtime.Promise
    window.Rest = v === 2 ? window.Ably.Rest : window.Ably.Rest.Promise
    window.transport = (c) => c.connection.connectionManager.activeProtocol?.getTransport().shortName
    window.until = async (f, ms = 20000) => {
      for (const end = Date.now() + ms; ; await new Promise((done) => setTimeout(done, 10))) {
        const v = await f()
        if (v) return v
        if (Date.now() > end) throw new Error(`not in time: ${f}`)
      }
    }
    window.state = (c, name) => window.until(() => c.state === name)
    window.failure = (p) => p.then(() => null, (err) => [err.code, err.statusCode, err.message])
  }, [g.v, atPort, rootKey, `http://127.0.0.1:${appPort}`])
  return { page, errors }
}
