// What the tests share: clients of both generations in both forms.
import Ably2 from 'ably'
import Ably1 from 'ably1'

export const port = Number(process.env.PORT)
export const base = `http://127.0.0.1:${port}`
export const rootKey = 'main.root:main-secret', readerKey = 'main.reader:reader-secret', revocableKey = 'main.revocable:revocable-secret'
export const generations = [
  { name: 'ably 2, MessagePack', Ably: Ably2, useBinaryProtocol: true, v: 2 },
  { name: 'ably 2, JSON', Ably: Ably2, useBinaryProtocol: false, v: 2 },
  { name: 'ably 1.2, MessagePack', Ably: Ably1, useBinaryProtocol: true, v: 1 },
  { name: 'ably 1.2, JSON', Ably: Ably1, useBinaryProtocol: false, v: 1 },
]

function options(g, more) {
  const host = g.v === 2 ? { endpoint: '127.0.0.1' } : { restHost: '127.0.0.1', realtimeHost: '127.0.0.1' }
  const auth = ['key', 'token', 'authCallback', 'authUrl'].some((k) => k in more) ? {} : { key: rootKey }
  const quiet = g.v === 2 ? { logLevel: 0 } : { log: { level: 0 } }
  return { ...host, port, tls: false, useBinaryProtocol: g.useBinaryProtocol, ...quiet, ...auth, ...more }
}

// rest makes a client without a connection.
export const rest = (g, more = {}) => new (g.v === 2 ? g.Ably.Rest : g.Ably.Rest.Promise)(options(g, more))

// realtime makes a client with one, that is closed with the test.
export function realtime(t, g, more = {}) {
  const c = new (g.v === 2 ? g.Ably.Realtime : g.Ably.Realtime.Promise)(options(g, more))
  t.after(() => new Promise((done) => {
    if (['closed', 'failed'].includes(c.connection.state)) return done()
    c.connection.once('closed', done)
    c.close()
  }))
  return c
}

// request is rest.request of both generations.
export const request = (g, c, method, path, params, body) =>
  g.v === 2 ? c.request(method, path, 3, params, body, {}) : c.request(method, path, params, body, {})

// rejected returns the error with which a promise fails.
export async function rejected(promise) {
  try { await promise } catch (err) { return err }
  throw new Error('it did not fail')
}

let room = 0
export const fresh = () => `room/${process.pid} ${++room}`
