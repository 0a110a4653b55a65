// Channels, messages and presence, with each generation of clients in both forms.
import test from 'node:test'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { client, fastPort, fresh, generations, jwt, Proxy, readerKey, rejected, server, sleep, state, until } from './lib.mjs'

for (const g of generations) {
  test(g.name, async (t) => {
    await t.test('connects, pings, closes', async (t) => {
      const c = client(t, g, { clientId: 'kim' })
      await state(c.connection, 'connected')
      assert.match(c.connection.id, /^\d+\.\d+$/)
      assert.ok(await c.connection.ping() >= 0)
      c.close()
      await state(c.connection, 'closed')
    })

    await t.test('every kind of data, and from one form to the other', async (t) => {
      const name = fresh()
      const other = generations.find((o) => o.v === g.v && o.useBinaryProtocol !== g.useBinaryProtocol)
      const a = client(t, g, { clientId: 'a' }), b = client(t, other)
      const got = []
      await b.channels.get(name).subscribe((m) => got.push(m))
      const ch = a.channels.get(name)
      const sent = ['text', '', '"5"', '한국어 \u2028 \ud83d\ude00', { b: 1, a: [null, true] }, [1], Buffer.from([0, 255, 10]), undefined]
      for (const data of sent) await ch.publish('n', data)
      await ch.publish([{ name: 'x', data: 1 + '' }, { name: 'y', extras: { headers: { k: 'v', n: 7 } } }])
      await until('all messages', () => got.length === sent.length + 2)
      sent.forEach((data, i) => assert.deepEqual(got[i].data ?? undefined, data))
      assert.deepEqual(got[0].clientId, 'a')
      assert.equal(got[0].connectionId, a.connection.id)
      assert.ok(Math.abs(got[0].timestamp - Date.now()) < 5000)
      assert.deepEqual(got.at(-1).extras, { headers: { k: 'v', n: 7 } })
      assert.equal(new Set(got.map((m) => m.id)).size, got.length)
      if (g.v === 2) assert.ok(got.every((m, i) => !i || m.serial > got[i - 1].serial), 'serials sort')
    })

    await t.test('ciphers pass untouched', async (t) => {
      const name = fresh(), key = randomBytes(32)
      const other = generations.find((o) => o.v === g.v && o.useBinaryProtocol !== g.useBinaryProtocol)
      const a = client(t, g), b = client(t, other), got = []
      await b.channels.get(name, { cipher: { key } }).subscribe((m) => got.push(m.data))
      for (const data of ['secret', { a: 1 }, Buffer.from([1, 2])]) await a.channels.get(name, { cipher: { key } }).publish('n', data)
      await until('messages', () => got.length === 3)
      assert.deepEqual(got, ['secret', { a: 1 }, Buffer.from([1, 2])])
    })

    await t.test('no echo, and publishing without attaching', async (t) => {
      const name = fresh()
      const a = client(t, g, { echoMessages: false }), b = client(t, g)
      const own = [], others = []
      await a.channels.get(name).subscribe((m) => own.push(m.name))
      await b.channels.get(name).subscribe((m) => others.push(m.name))
      await a.channels.get(name).publish('mine', 1 + '')
      const c = client(t, g)
      await c.channels.get(name).publish('transient', 'x')
      assert.notEqual(c.channels.get(name).state, 'attached')
      await until('both', () => others.length === 2 && own.length === 1)
      assert.deepEqual([own, others], [['transient'], ['mine', 'transient']])
    })

    await t.test('rewind', async (t) => {
      const name = fresh(), a = client(t, g)
      for (const n of ['1', '2', '3']) await a.channels.get(name).publish(n, n)
      for (const [channel, rewind] of [[a.channels.get(`[?rewind=2]${name}`)], [a.channels.get(name, { params: { rewind: '2' } })]]) {
        const got = []
        await channel.subscribe((m) => got.push(m.name))
        await until('what was before', () => got.length === 2)
        await a.channels.get(name).publish('live', 'x')
        await until('what is new', () => got.length === 3)
        assert.deepEqual(got, ['2', '3', 'live'])
        await channel.detach()
        await a.channels.get(name).publish('2', 'x')
        await a.channels.get(name).publish('3', 'x')
      }
    })

    await t.test('modes', async (t) => {
      const name = fresh(), a = client(t, g), got = []
      const ch = a.channels.get(name, { modes: ['PUBLISH', 'PRESENCE'] })
      await ch.attach()
      assert.deepEqual(ch.modes.map((m) => m.toLowerCase()).sort(), ['presence', 'publish'])
      ch.subscribe((m) => got.push(m.name))
      await ch.publish('unheard', 'x')
      await ch.setOptions({ modes: ['PUBLISH', 'SUBSCRIBE'] })
      await ch.publish('heard', 'x')
      await until('a message', () => got.length)
      assert.deepEqual(got, ['heard'])
      await ch.setOptions({ modes: ['SUBSCRIBE'] })
      assert.equal((await rejected(ch.publish('no', 'x'))).code, 40160)
    })

    await t.test('presence', async (t) => {
      const name = fresh()
      const a = client(t, g, { clientId: 'a' }), b = client(t, g, { clientId: 'b' }), seen = []
      await b.channels.get(name).presence.subscribe((p) => seen.push(`${p.action} ${p.clientId} ${JSON.stringify(p.data)}`))
      const pa = a.channels.get(name).presence
      await pa.enter({ n: 1 })
      await pa.update('two')
      await b.channels.get(name).presence.enter(Buffer.from([1]))
      await until('both', async () => (await pa.get()).length === 2)
      const all = await pa.get({ waitForSync: true })
      assert.deepEqual(all.map((p) => p.clientId).sort(), ['a', 'b'])
      assert.deepEqual(all.find((p) => p.clientId === 'b').data, Buffer.from([1]))
      assert.equal(all.find((p) => p.clientId === 'a').connectionId, a.connection.id)
      const late = client(t, g)
      assert.equal((await late.channels.get(name).presence.get()).length, 2)
      await pa.leave('bye')
      await until('the leaving', () => seen.some((s) => s.startsWith('leave')))
      assert.deepEqual(seen.filter((s) => / a /.test(s)), ['enter a {"n":1}', 'update a "two"', 'leave a "bye"'])
      b.close()
      await until('nobody', async () => !(await late.channels.get(name).presence.get()).length)
    })

    await t.test('presence of many, by one connection', async (t) => {
      const name = fresh(), a = client(t, g), b = client(t, g)
      const pa = a.channels.get(name).presence
      await a.channels.get(name).attach()
      await Promise.all(Array.from({ length: 230 }, (_, i) => pa.enterClient(`u${i}`, i + '')))
      const all = await b.channels.get(name).presence.get()
      assert.equal(all.length, 230)
      assert.ok(all.every((p) => p.connectionId === a.connection.id && `u${p.data}` === p.clientId))
      await pa.leaveClient('u7')
      await until('one less', async () => (await b.channels.get(name).presence.get()).length === 229)
      await a.channels.get(name).detach()
      await until('nobody', async () => !(await b.channels.get(name).presence.get()).length)
      assert.ok((await rejected((async () => pa.enter('who?'))())).code)
    })

    await t.test('rights', async (t) => {
      const c = client(t, g, { key: readerKey })
      const open = c.channels.get('open:x'), closed = c.channels.get('closed')
      await open.attach()
      assert.deepEqual(open.modes.map((m) => m.toLowerCase()).sort(), ['presence_subscribe', 'subscribe'])
      assert.equal((await rejected(open.publish('n', 'x'))).code, 40160)
      assert.equal((await rejected(closed.attach())).code, 40160)
      assert.equal(closed.state, 'failed')
      assert.equal((await rejected(closed.publish('n', 'x'))).code !== undefined, true)
      assert.equal(c.connection.state, 'connected')
      for (const bad of ['', ':x', ',x', ' x', '[x', '$all', 'a\nb']) {
        assert.equal((await rejected(c.channels.get(bad).attach())).code, 40010, JSON.stringify(bad))
      }
    })

    await t.test('limits', async (t) => {
      const c = client(t, g), ch = c.channels.get(fresh())
      await ch.publish('n', 'x'.repeat(65000))
      // The client knows the limit and refuses by itself; the server's word is in wire.test.mjs.
      assert.equal((await rejected(ch.publish('n', 'x'.repeat(66000)))).code, 40009)
      const one = client(t, g, { key: 'one.one-root:one-secret' })
      await state(one.connection, 'connected')
      const two = client(t, g, { key: 'one.one-root:one-secret' })
      await state(two.connection, 'failed')
      assert.equal(two.connection.errorReason.statusCode, 429)
    })

    await t.test('wrong credentials end the connection with a frame', async (t) => {
      for (const options of [{ key: 'main.root:wrong' }, { key: 'main.nobody:x' }, { token: 'nonsense' }]) {
        const c = client(t, g, options)
        await state(c.connection, 'failed')
        assert.ok([40101, 40171].includes(c.connection.errorReason.code), `${JSON.stringify(options)}: ${c.connection.errorReason}`)
      }
    })

    await t.test('client ids', async (t) => {
      const named = client(t, g, { token: jwt({ 'x-ably-clientId': 'kim' }) })
      await state(named.connection, 'connected')
      assert.equal(named.auth.clientId, 'kim')
      const name = fresh()
      assert.equal((await rejected(named.channels.get(name).publish({ name: 'n', clientId: 'lee' }))).code, 40012)
      const any = client(t, g, { token: jwt({ 'x-ably-clientId': '*' }) }), got = []
      await named.channels.get(name).subscribe((m) => got.push(m.clientId))
      await any.channels.get(name).publish({ name: 'n', clientId: 'lee', data: 'x' })
      await until('a message', () => got.length)
      assert.deepEqual(got, ['lee'])
      const nobody = client(t, g, { token: jwt({}) })
      assert.ok(await rejected(nobody.channels.get(name).presence.enterClient('kim')))
    })

    await t.test('a token is renewed in time, on the living connection', async (t) => {
      let n = 0
      const c = client(t, g, { authCallback: (_, done) => done(null, jwt({ 'x-ably-clientId': 'kim' }, { seconds: n++ ? 60 : 7 })) })
      await state(c.connection, 'connected')
      const id = c.connection.id, name = fresh(), got = []
      await c.channels.get(name).subscribe((m) => got.push(m.name))
      await until('the renewal', () => n === 2)
      await c.channels.get(name).publish('still', 'x')
      await until('a message', () => got.length)
      assert.equal(c.connection.id, id)
      assert.equal(c.connection.state, 'connected')
    })

    await t.test('a token that expires is renewed on another', async (t) => {
      let n = 0
      const c = client(t, g, { authCallback: (_, done) => done(null, jwt({}, { seconds: n++ ? 60 : 3 })) })
      await state(c.connection, 'connected')
      const id = c.connection.id, name = fresh(), got = []
      await c.channels.get(name).subscribe((m) => got.push(m.name))
      const gone = await state(c.connection, 'disconnected')
      assert.equal(gone.reason.code, 40142)
      await state(c.connection, 'connected')
      assert.equal(c.connection.id, id, 'the connection goes on')
      await until('attached', () => c.channels.get(name).state === 'attached')
      await c.channels.get(name).publish('still', 'x')
      await until('a message', () => got.length)
    })

    await t.test('rights that a renewal takes away', async (t) => {
      let capability = { a: ['*'], b: ['*'] }
      const c = client(t, g, { authCallback: (_, done) => done(null, jwt({ 'x-ably-capability': JSON.stringify(capability) })) })
      await c.channels.get('a').attach()
      await c.channels.get('b').attach()
      capability = { a: ['*'] }
      await c.auth.authorize()
      await until('the end of b', () => c.channels.get('b').state === 'failed')
      assert.equal(c.channels.get('b').errorReason.code, 40160)
      assert.equal(c.channels.get('a').state, 'attached')
    })

    await t.test('a renewal as somebody else ends the connection', async (t) => {
      let who = 'kim'
      const c = client(t, g, { authCallback: (_, done) => done(null, jwt({ 'x-ably-clientId': who })) })
      await state(c.connection, 'connected')
      who = 'lee'
      const failed = state(c.connection, 'failed')
      await rejected(c.auth.authorize())
      await failed
      assert.equal(c.connection.errorReason.code, 40102)
    })

    await t.test('the server ends connections', async (t) => {
      for (const [reason, to] of [['drain', 'connected'], ['error', 'connected'], ['normal', 'failed']]) {
        const c = client(t, g), name = fresh()
        await c.channels.get(name).attach()
        const next = state(c.connection, reason === 'normal' ? 'failed' : 'disconnected')
        await server('POST', '/end', { app: 'main', channel: name, reason })
        await next
        await state(c.connection, to)
      }
    })

    await t.test('occupancy', async (t) => {
      const c = client(t, g), other = client(t, g), name = fresh(), got = []
      await c.channels.get(name, { params: { occupancy: 'metrics.subscribers' } }).subscribe('[meta]occupancy', (m) => got.push(m.data.metrics.subscribers))
      await other.channels.get(name).attach()
      await until('two', () => got.at(-1) === 2)
      await other.channels.get(name).detach()
      await until('one', () => got.at(-1) === 1)
    })

    await t.test('messages of other dialects', async (t) => {
      const c = client(t, g), name = fresh(), got = []
      await c.channels.get(name).subscribe((m) => got.push([m.name, m.data, m.clientId ?? null]))
      const say = (type, body, more = {}) => server('POST', '/publish', { app: 'main', channel: name, name: type, type, ...more }, body)
      await say('json', '{"a":[1]}', { user: '7' })
      await say('text', 'hi')
      await say('binary', Buffer.from([1, 2]))
      await until('all', () => got.length === 3)
      assert.deepEqual(got, [['json', { a: [1] }, '7'], ['text', 'hi', null], ['binary', Buffer.from([1, 2]), null]])
    })

    await t.test('resume: the same connection, nothing missed, and presence stays', async (t) => {
      const p = await Proxy.start(t), name = fresh()
      const c = client(t, g, { atPort: p.port, clientId: 'c', disconnectedRetryTimeout: 200 }), w = client(t, g, { clientId: 'w' })
      const got = [], leaves = []
      await c.channels.get(name).subscribe((m) => got.push(m.data))
      await c.channels.get(name).presence.enter('here')
      await w.channels.get(name).presence.subscribe('leave', (m) => leaves.push(m))
      const id = c.connection.id, key = c.connection.key
      for (let i = 0; i < 5; i++) {
        p.cut()
        p.down = true
        await state(c.connection, 'disconnected')
        for (let k = 0; k < 3; k++) await w.channels.get(name).publish('n', `${i}.${k}`)
        p.down = false
        await state(c.connection, 'connected', 20000)
      }
      await until('all messages', () => got.length === 15)
      assert.deepEqual(got, Array.from({ length: 15 }, (_, i) => `${Math.floor(i / 3)}.${i % 3}`))
      assert.equal(c.connection.id, id)
      assert.notEqual(c.connection.key, key)
      assert.equal(leaves.length, 0)
      assert.equal((await w.channels.get(name).presence.get()).length, 1)
    })

    await t.test('a connection that the server has forgotten: another one, and nothing missed in its channels', async (t) => {
      const p = await Proxy.start(t), name = fresh()
      const c = client(t, g, { atPort: p.port, clientId: 'c', disconnectedRetryTimeout: 200 }), w = client(t, g, { clientId: 'w' })
      const got = [], changes = []
      const ch = c.channels.get(name)
      await ch.subscribe((m) => got.push(m.data))
      await ch.presence.enter('here')
      await ch.publish('n', 'first') // a channel that keeps nothing is forgotten with its last subscriber
      ch.on('attached', (change) => changes.push(change.resumed))
      const id = c.connection.id
      p.down = true
      await server('POST', '/end', { app: 'main', channel: name, reason: 'error' })
      await state(c.connection, 'disconnected')
      await w.channels.get(name).publish('n', 'missed')
      p.down = false
      const change = await state(c.connection, 'connected')
      assert.notEqual(c.connection.id, id)
      assert.equal(change.reason.code, 80008)
      await until('what was missed', () => got.length === 2)
      assert.deepEqual([got, changes], [['first', 'missed'], [true]])
      const seen = w.channels.get(name).presence
      await until('it is present again', async () => (await seen.get()).map((m) => m.connectionId).join() === c.connection.id)
    })

    await t.test('who stays away is not present any more, and begins anew', async (t) => {
      const p = await Proxy.start(t, fastPort), name = fresh()
      const c = client(t, g, { atPort: p.port, clientId: 'c', disconnectedRetryTimeout: 200, suspendedRetryTimeout: 200 })
      const w = client(t, g, { clientId: 'w' }), leaves = []
      const ch = c.channels.get(name)
      await ch.presence.enter('here')
      await w.channels.get(name).presence.subscribe('leave', (m) => leaves.push(m.clientId))
      const id = c.connection.id
      p.down = true
      p.cut()
      await until('the leaving', () => leaves.length === 1)
      await state(c.connection, 'suspended')
      p.down = false
      await state(c.connection, 'connected')
      if (!g.transports) assert.notEqual(c.connection.id, id) // the server notices later that somebody who polls is gone
      const seen = w.channels.get(name).presence
      await until('it is present again', async () => (await seen.get()).map((m) => m.connectionId).join() === c.connection.id)
      assert.equal(ch.state, 'attached')
    })
  })
}
