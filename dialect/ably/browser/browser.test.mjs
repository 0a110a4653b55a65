// Ably's own libraries in a browser, in pages of another origin: over what they choose by themselves.
import test from 'node:test'
import assert from 'node:assert/strict'
import { generations, lateWebSockets, noWebSockets, open, readerKey, tokensAsked } from './world.mjs'

let room = 0
const fresh = () => `browser-${process.pid}-${++room}`

for (const g of generations) {
  test(`${g.name}: connects by itself, and ends at a WebSocket`, async (t) => {
    const { page, errors } = await open(t, g)
    const out = await page.evaluate(async (name) => {
      const c = new Realtime(options({ clientId: 'kim' })), ch = c.channels.get(name), got = [], states = []
      c.connection.on((change) => states.push(change.current))
      await ch.subscribe((m) => got.push(m.data))
      const id = c.connection.id
      for (const data of ['text', { a: [1, null] }, new Uint8Array([0, 255]).buffer]) await ch.publish('n', data)
      await ch.presence.enter({ mood: 'fine' })
      const there = await ch.presence.get()
      await until(() => got.length >= 3)
      await until(() => transport(c) === 'web_socket')
      await ch.publish('n', 'by WebSocket')
      await until(() => got.length >= 4)
      const still = await ch.presence.get()
      return {
        same: id === c.connection.id, states, got: got.map((d) => d instanceof ArrayBuffer ? [...new Uint8Array(d)] : d),
        there: there.map((p) => [p.clientId, p.data]), still: still.length, channel: ch.state,
      }
    }, fresh())
    assert.deepEqual(out.got, ['text', { a: [1, null] }, [0, 255], 'by WebSocket'])
    assert.deepEqual(out.there, [['kim', { mood: 'fine' }]])
    assert.deepEqual([out.same, out.still, out.channel], [true, 1, 'attached'])
    assert.ok(!out.states.includes('failed') && !out.states.includes('suspended'), String(out.states))
    assert.deepEqual(errors, [])
  })

  test(`${g.name}: nothing is lost, repeated or out of order while the carrier changes`, async (t) => {
    const { page } = await open(t, g, lateWebSockets)
    const out = await page.evaluate(async (name) => {
      const wide = { transports: ['xhr_polling', 'web_socket'] }
      const c = new Realtime(options(wide)), other = new Realtime(options({ transports: ['web_socket'] }))
      const own = [], others = [], theirs = [], states = []
      c.connection.on((change) => states.push(change.current))
      await other.channels.get(name).subscribe('own', (m) => theirs.push(m.data))
      const ch = c.channels.get(name)
      await ch.subscribe((m) => (m.name === 'own' ? own : others).push(m.data))
      const first = transport(c)
      const all = []
      for (let i = 0; i < 60; i++) {
        all.push(ch.publish('own', `${i}`), other.channels.get(name).publish('other', `${i}`))
        await new Promise((done) => setTimeout(done, 20))
      }
      await Promise.all(all)
      await until(() => theirs.length >= 60 && own.length >= 60 && others.length >= 60)
      await until(() => transport(c) === 'web_socket')
      return { first, own, others, theirs, states }
    }, fresh())
    if (g.v === 1) assert.equal(out.first, 'xhr_polling')
    assert.deepEqual(out.states, ['connecting', 'connected'])
    const want = Array.from({ length: 60 }, (_, i) => `${i}`)
    for (const who of ['own', 'others', 'theirs']) assert.deepEqual(out[who], want, who)
  })

  test(`${g.name}: polls where WebSockets are refused`, async (t) => {
    const { page } = await open(t, g, noWebSockets)
    const out = await page.evaluate(async (name) => {
      const c = new Realtime(options({ clientId: 'kim' })), ch = c.channels.get(name), got = []
      await ch.subscribe((m) => got.push(m.data))
      for (let i = 0; i < 5; i++) await ch.publish('n', { i })
      await ch.presence.enter()
      await until(() => got.length === 5)
      const over = transport(c)
      c.close()
      await state(c.connection, 'closed')
      return { got: got.map((d) => d.i), over }
    }, fresh())
    assert.deepEqual(out.got, [0, 1, 2, 3, 4])
    assert.match(out.over, /^xhr_/)
  })

  test(`${g.name}: requests, pages of them, and errors with their codes`, async (t) => {
    const { page } = await open(t, g)
    const out = await page.evaluate(async ([name, readerKey]) => {
      const c = new Rest(options()), ch = c.channels.get(name)
      for (let i = 0; i < 5; i++) await ch.publish(`m${i}`, { i })
      const names = []
      for (let p = await ch.history({ limit: 2 }); p; p = p.hasNext() ? await p.next() : null) names.push(p.items.map((m) => m.name))
      const reader = new Rest(options({ key: readerKey })), wrong = new Rest(options({ key: 'main.root:wrong' }))
      return {
        names, time: Math.abs(await c.time() - Date.now()) < 60000, token: (await c.auth.requestToken()).keyName,
        denied: await failure(reader.channels.get(name).publish('n', 'x')), wrong: await failure(wrong.channels.get(name).history()),
        large: await failure(c.request('POST', `/channels/${name}/messages`, ...(c.batchPublish && options().endpoint ? [6] : []), {}, { data: 'x'.repeat(70000) }, {}).then((p) => { if (!p.success) throw { code: p.errorCode, statusCode: p.statusCode, message: p.errorMessage } })),
      }
    }, [fresh(), readerKey])
    assert.deepEqual(out.names, [['m4', 'm3'], ['m2', 'm1'], ['m0']])
    assert.deepEqual([out.time, out.token], [true, 'main.root'])
    assert.deepEqual(out.denied.slice(0, 2), [40160, 401])
    assert.deepEqual(out.wrong.slice(0, 2), [40101, 401])
    assert.deepEqual(out.large.slice(0, 2), [40009, 413])
    for (const [, , message] of [out.denied, out.large]) assert.ok(message.length > 10, message)
  })

  test(`${g.name}: wrong credentials end the connection with their code`, async (t) => {
    const { page } = await open(t, g)
    const code = await page.evaluate(async () => {
      const c = new Realtime(options({ key: 'main.root:wrong' }))
      await state(c.connection, 'failed')
      return c.connection.errorReason.code
    })
    assert.equal(code, 40101)
  })

  test(`${g.name}: a token is renewed at the application's authUrl`, async (t) => {
    const { page } = await open(t, g), who = fresh()
    const out = await page.evaluate(async (who) => {
      const c = new Realtime(options({ authUrl: `${app}/auth`, authParams: { who } })), states = [], ch = c.channels.get(who)
      await state(c.connection, 'connected')
      const id = c.connection.id
      c.connection.on((change) => { states.push(`${change.current} ${change.reason?.code ?? ''}`) })
      await ch.attach()
      const began = Date.now()
      await until(() => Date.now() - began > 9000)
      await ch.publish('n', 'with the second token')
      return { same: c.connection.id === id, states, clientId: c.auth.clientId }
    }, who)
    assert.deepEqual([out.same, out.clientId], [true, 'kim'], String(out.states))
    assert.ok(!out.states.includes('failed') && !out.states.includes('suspended'), String(out.states))
    assert.equal(tokensAsked(who), 2)
  })
}

test('EventSource', async (t) => {
  const { page } = await open(t, generations[0])
  const out = await page.evaluate(async (name) => {
    const c = new Rest(options()), got = [], key = options().key
    const es = new EventSource(`${server}/sse?v=1.2&channels=${name}&key=${key}`)
    es.onmessage = (e) => got.push([JSON.parse(e.data).data, e.lastEventId !== ''])
    await until(() => es.readyState === EventSource.OPEN)
    await c.channels.get(name).publish('n', 'heard')
    await until(() => got.length === 1)
    es.close()
    const wrong = new EventSource(`${server}/event-stream?channels=${name}&key=main.root:wrong`)
    await until(() => wrong.readyState === EventSource.CLOSED)
    return got
  }, fresh())
  assert.deepEqual(out, [['heard', true]])
})
