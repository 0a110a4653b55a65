// What the tests share: clients of both generations, and waiting for things.
import net from 'node:net'
import crypto from 'node:crypto'
import Ably2 from 'ably'
import Ably1 from 'ably1'

export const port = Number(process.env.PORT), fastPort = Number(process.env.FAST_PORT)
export const rootKey = 'main.root:main-secret', readerKey = 'main.reader:reader-secret'
export const generations = [
  { name: 'ably 2, MessagePack', Ably: Ably2, useBinaryProtocol: true, v: 2 },
  { name: 'ably 2, JSON', Ably: Ably2, useBinaryProtocol: false, v: 2 },
  { name: 'ably 1.2, MessagePack', Ably: Ably1, useBinaryProtocol: true, v: 1 },
  { name: 'ably 1.2, JSON', Ably: Ably1, useBinaryProtocol: false, v: 1 },
  { name: 'ably 2, polling', Ably: Ably2, useBinaryProtocol: false, v: 2, transports: ['comet'] },
  { name: 'ably 1.2, polling', Ably: Ably1, useBinaryProtocol: false, v: 1, transports: ['comet'] },
]

let room = 0
// fresh returns the name of a channel that nobody has used.
export const fresh = () => `room-${process.pid}-${++room}`

// client makes a client that is closed with the test. Options are Ably's, and atPort.
export function client(t, g, options = {}) {
  const { atPort = port, ...rest } = options
  const host = g.v === 2 ? { endpoint: '127.0.0.1' } : { restHost: '127.0.0.1', realtimeHost: '127.0.0.1' }
  const auth = 'key' in rest || 'token' in rest || 'authCallback' in rest || 'authUrl' in rest ? {} : { key: rootKey }
  const Realtime = g.v === 2 ? g.Ably.Realtime : g.Ably.Realtime.Promise
  const c = new Realtime({ ...host, port: atPort, tls: false, useBinaryProtocol: g.useBinaryProtocol, log: { level: 0 }, logLevel: 0, ...(g.transports && { transports: g.transports }), ...auth, ...rest })
  t.after(async () => {
    if (['closed', 'failed'].includes(c.connection.state)) return
    const gone = Promise.race([state(c.connection, 'closed', 1000), state(c.connection, 'failed', 1000)])
    c.close()
    await gone.catch(() => {}) // it has waited long enough
  })
  return c
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

// state waits until something of Ably's is in a state, or has been since; it returns the change.
export function state(emitter, name, ms = 8000) {
  if (emitter.state === name) return Promise.resolve(null)
  return new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`no ${name} in time, but ${emitter.state}: ${emitter.errorReason}`)), ms)
    emitter.once(name, (change) => { clearTimeout(timer); done(change) })
  })
}

// until waits for a condition.
export async function until(what, f, ms = 8000) {
  const end = Date.now() + ms
  for (;;) {
    const v = await f()
    if (v) return v
    if (Date.now() > end) throw new Error(`${what}: not in time`)
    await sleep(10)
  }
}

// rejected returns the error with which a promise fails.
export async function rejected(promise) {
  try { await promise } catch (err) { return err }
  throw new Error('it did not fail')
}

// server asks the fixture something.
export async function server(method, path, params, body) {
  const r = await fetch(`http://127.0.0.1:${port}${path}?${new URLSearchParams(params)}`, { method, body })
  if (!r.ok) throw new Error(`${path}: ${r.status} ${await r.text()}`)
  return r.json()
}

// jwt signs a token as an application would.
export function jwt(claims, { key = rootKey, seconds = 60 } = {}) {
  const [kid, secret] = key.split(':')
  const part = (v) => Buffer.from(JSON.stringify(v)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const text = part({ alg: 'HS256', typ: 'JWT', kid }) + '.' + part({ iat: now, exp: now + seconds, ...claims })
  return text + '.' + crypto.createHmac('sha256', secret).update(text).digest('base64url')
}

// A proxy is a network that can be cut.
export class Proxy {
  static async start(t, target = port) {
    const p = new Proxy()
    p.open = new Set()
    p.down = false
    p.server = net.createServer((near) => {
      if (p.down) return near.destroy()
      const far = net.connect(target, '127.0.0.1')
      for (const [a, b] of [[near, far], [far, near]]) {
        a.setNoDelay(true)
        a.on('data', (d) => { if (!p.frozen) b.write(d) })
        a.on('error', () => {})
        a.on('close', () => { b.destroy(); p.open.delete(near) })
      }
      near.far = far
      p.open.add(near)
    })
    await new Promise((done) => p.server.listen(0, '127.0.0.1', done))
    p.port = p.server.address().port
    t.after(() => { p.cut(); p.server.close() })
    return p
  }

  // cut ends all connections as a broken network does.
  cut() { for (const s of this.open) { s.resetAndDestroy(); s.far.resetAndDestroy() } }
}
