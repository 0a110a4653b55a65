// The REST classes of Ably's own libraries, against this server.
import test from 'node:test'
import assert from 'node:assert/strict'
import { fresh, generations, readerKey, realtime, rejected, request, rest, revocableKey, rootKey, base } from './lib.mjs'

for (const g of generations) {
  test(g.name, async (t) => {
    const sibling = generations.find((o) => o.v === g.v && o.useBinaryProtocol !== g.useBinaryProtocol)

    await t.test('time', async () => {
      assert.ok(Math.abs(await rest(g).time() - Date.now()) < 5000)
    })

    await t.test('every kind of data, from one form to the other', async () => {
      const name = fresh(), ch = rest(g).channels.get(name)
      const sent = ['text', '', '"5"', '한국어 \u2028 \ud83d\ude00', { b: 1, a: [null, true] }, [1], Buffer.from([0, 255, 10]), undefined]
      for (const data of sent) await ch.publish('n', data)
      await ch.publish([{ name: 'x', data: 'one' }, { name: 'y', extras: { headers: { k: 'v', n: 7 } }, clientId: 'kim' }])
      for (const o of [g, sibling]) {
        const { items } = await rest(o).channels.get(name).history({ direction: 'forwards' })
        assert.equal(items.length, sent.length + 2)
        sent.forEach((data, i) => assert.deepEqual(items[i].data ?? undefined, data))
        assert.deepEqual(items.at(-1).extras, { headers: { k: 'v', n: 7 } })
        assert.equal(items.at(-1).clientId, 'kim')
        assert.ok(items.every((m) => m.id && Math.abs(m.timestamp - Date.now()) < 60_000))
        if (g.v === 2) assert.ok(items.every((m) => m.serial && m.action === 'message.create'))
      }
    })

    await t.test('ciphers pass untouched', async () => {
      const name = fresh(), key = Buffer.alloc(32, 7).toString('base64')
      for (const data of ['secret', { a: 1 }, Buffer.from([1, 2])]) await rest(g).channels.get(name, { cipher: { key } }).publish('n', data)
      const { items } = await rest(sibling).channels.get(name, { cipher: { key } }).history({ direction: 'forwards' })
      assert.deepEqual(items.map((m) => m.data), ['secret', { a: 1 }, Buffer.from([1, 2])])
    })

    await t.test('pages', async () => {
      const ch = rest(g).channels.get(fresh())
      for (let i = 0; i < 5; i++) await ch.publish('m' + i, 'x')
      for (const direction of ['forwards', 'backwards']) {
        let page = await ch.history({ direction, limit: 2 }), got = []
        const first = page
        for (let n = 0; page; n++) {
          assert.ok(n < 3)
          got.push(...page.items.map((m) => m.name))
          page = page.hasNext() ? await page.next() : null
        }
        assert.deepEqual(got, direction === 'forwards' ? ['m0', 'm1', 'm2', 'm3', 'm4'] : ['m4', 'm3', 'm2', 'm1', 'm0'])
        assert.deepEqual((await (await first.next()).first()).items.map((m) => m.name), first.items.map((m) => m.name))
        assert.deepEqual((await first.current()).items.map((m) => m.name), first.items.map((m) => m.name))
      }
      const { items } = await ch.history()
      assert.deepEqual((await ch.history({ start: items[0].timestamp + 1 })).items, [])
      assert.equal((await ch.history({ end: items[0].timestamp })).items.length, 5)
    })

    await t.test('repeated ids publish once', async () => {
      const ch = rest(g).channels.get(fresh())
      for (let i = 0; i < 3; i++) await ch.publish({ name: 'n', data: 'x', id: 'once' })
      for (let i = 0; i < 2; i++) await ch.publish([{ name: 'a', id: 'b:0' }, { name: 'b', id: 'b:1' }])
      assert.deepEqual((await ch.history()).items.map((m) => m.id), ['b:1', 'b:0', 'once'])
      assert.equal((await rejected(ch.publish([{ id: 'c:0' }, { id: 'c:2' }]))).code, 40031)
    })

    await t.test('errors', async () => {
      const c = rest(g, { maxMessageSize: 1 << 20 }), name = fresh()
      const codes = async (promise) => { const e = await rejected(promise); return [e.code, e.statusCode, !!e.message] }
      assert.deepEqual(await codes(c.channels.get(name).publish('n', 'x'.repeat(65537))), [40009, 413, true])
      assert.deepEqual(await codes(c.channels.get(':bad').publish('n', 'x')), [40010, 400, true])
      assert.deepEqual(await codes(rest(g, { key: readerKey }).channels.get(name).publish('n', 'x')), [40160, 401, true])
      assert.deepEqual(await codes(rest(g, { key: readerKey }).channels.get(name).history()), [40160, 401, true])
      assert.deepEqual(await codes(rest(g, { key: rootKey + 'x' }).channels.get(name).history()), [40101, 401, true])
      assert.deepEqual(await codes(c.channels.get(name).history({ limit: 5000 })), [40003, 400, true])
      assert.equal((await rejected(c.stats())).code, 40400)
      assert.equal((await rejected(c.push.admin.deviceRegistrations.list({}))).code, 40400)
    })

    await t.test('tokens', async () => {
      const key = rest(g)
      const token = await key.auth.requestToken({ clientId: 'kim', capability: { 'chat:*': ['publish', 'history'] } })
      assert.equal(token.clientId, 'kim')
      const kim = rest(g, { token: token.token })
      await kim.channels.get('chat:1').publish('n', 'x')
      const { items } = await kim.channels.get('chat:1').history({ limit: 1 })
      assert.equal(items[0].clientId, 'kim')
      assert.equal((await rejected(kim.channels.get('other').publish('n', 'x'))).code, 40160)
      assert.equal((await rejected(kim.channels.get('chat:1').publish({ name: 'n', clientId: 'lee' }))).code, 40012)
      const request = await key.auth.createTokenRequest({ clientId: 'lee' })
      const lee = rest(g, { authCallback: (_, done) => done(null, request) })
      await lee.channels.get('chat:2').publish('n', 'x')
      assert.equal((await key.channels.get('chat:2').history()).items[0].clientId, 'lee')
      const again = rest(g, { authCallback: (_, done) => done(null, request) })
      assert.ok((await rejected(again.channels.get('chat:2').publish('n', 'x'))).code, 'a request is good once')
    })

    // The libraries repeat a request with the token that was refused. The server ends that; the next request has the new one.
    await t.test('an expired token is renewed, and nothing goes on for ever', async () => {
      let asked = 0
      const short = await rest(g).auth.requestToken({ ttl: 50 })
      await new Promise((done) => setTimeout(done, 100))
      const c = rest(g, { token: short.token, authCallback: (_, done) => { asked++; rest(g).auth.requestToken().then((d) => done(null, d), done) } })
      const ch = c.channels.get('a')
      await ch.publish('n', 'x').catch((err) => assert.equal(err.code, 40101))
      await ch.publish('n', 'x')
      assert.ok(asked > 0 && asked < 10, `a token was asked for ${asked} times`)
      let bad = 0
      const never = rest(g, { authCallback: (_, done) => { bad++; done(null, 'main.nonsense' + bad) } })
      assert.equal((await rejected(never.channels.get('a').publish('n', 'x'))).code, 40101)
      assert.equal(bad, 1)
    })

    await t.test('a client says who it is', async () => {
      const name = fresh()
      await rest(g, { clientId: 'kim' }).channels.get(name).publish('n', 'x')
      assert.equal((await rest(g).channels.get(name).history()).items[0].clientId, 'kim')
    })

    await t.test('with a realtime client', async (t) => {
      const name = fresh(), live = realtime(t, g, { clientId: 'kim' }), ch = live.channels.get(name), c = rest(g)
      await c.channels.get(name).publish('before', 'x')
      const heard = new Promise((done) => ch.subscribe('after', done))
      await ch.attach()
      await ch.presence.enter({ mood: 'fine' })
      await c.channels.get(name).publish('after', { a: 1 })
      const m = await heard
      assert.deepEqual(m.data, { a: 1 })
      const { items } = await c.channels.get(name).history()
      assert.deepEqual(items.map((i) => [i.name, i.id, i.serial]), [[m.name, m.id, m.serial], ['before', items[1].id, items[1].serial]])
      await ch.publish('live', 'x')
      assert.equal((await c.channels.get(name).history({ limit: 1 })).items[0].connectionId, live.connection.id)
      assert.deepEqual((await ch.history({ untilAttach: true })).items.map((i) => i.name), ['before'])
      const there = (await c.channels.get(name).presence.get()).items
      assert.deepEqual(there.map((p) => [p.clientId, p.connectionId, p.action, p.data]), [['kim', live.connection.id, 'present', { mood: 'fine' }]])
      assert.equal((await c.channels.get(name).presence.get({ clientId: 'lee' })).items.length, 0)
      await c.channels.get(name).publish({ name: 'for it', connectionKey: live.connection.key })
      const [forIt] = (await c.channels.get(name).history({ limit: 1 })).items
      assert.deepEqual([forIt.name, forIt.connectionId, forIt.clientId], ['for it', live.connection.id, 'kim'])
      assert.equal((await rejected(c.channels.get(name).publish({ name: 'for it', connectionKey: 'x' }))).code, 40006)
      const { status, channelId } = await c.channels.get(name).status()
      assert.equal(channelId, name)
      assert.deepEqual([status.isActive, status.occupancy.metrics.presenceMembers, status.occupancy.metrics.subscribers], [true, 1, 1])
      const list = await request(g, c, 'get', '/channels', { prefix: name, by: 'id' })
      assert.deepEqual(list.items, [name])
      const both = await c.batchPresence([name, ':bad'])
      assert.deepEqual([both.successCount, both.failureCount, both.results[0].presence[0].clientId, both.results[1].error.code], [1, 1, 'kim', 40010])
    })

    await t.test('who came and went', async (t) => {
      const name = fresh(), live = realtime(t, g), ch = live.channels.get(name), c = rest(g)
      await ch.presence.enterClient('kim', 'hello')
      await ch.presence.updateClient('kim', { mood: 'fine' })
      await ch.publish('n', 'a message')
      await ch.presence.enterClient('lee')
      await ch.presence.leaveClient('kim', 'bye')
      const told = (page) => page.items.map((p) => [p.action, p.clientId, p.data ?? null])
      const want = [['leave', 'kim', 'bye'], ['enter', 'lee', null], ['update', 'kim', { mood: 'fine' }], ['enter', 'kim', 'hello']]
      for (const presence of [ch.presence, c.channels.get(name).presence]) {
        assert.deepEqual(told(await presence.history()), want)
        assert.deepEqual(told(await presence.history({ direction: 'forwards' })), want.toReversed())
        const pages = []
        for (let page = await presence.history({ limit: 3 }); page; page = page.hasNext() ? await page.next() : null) pages.push(told(page))
        assert.deepEqual(pages, [want.slice(0, 3), want.slice(3)])
        const [last] = (await presence.history({ limit: 1 })).items
        assert.equal(last.connectionId, live.connection.id)
        assert.deepEqual(told(await presence.history({ start: last.timestamp + 1 })), [])
        assert.equal(told(await presence.history({ end: last.timestamp })).length, 4)
      }
      const later = realtime(t, g).channels.get(name)
      await later.attach()
      await ch.presence.leaveClient('lee')
      assert.equal((await later.presence.history()).items.length, 5)
      assert.deepEqual(told(await later.presence.history({ untilAttach: true })), want)
      assert.deepEqual((await c.channels.get(name).history()).items.map((m) => m.name), ['n'])
    })

    await t.test('batches', async () => {
      const c = rest(g, { key: readerKey })
      const [one] = await c.batchPublish([{ channels: ['both', 'closed'], messages: [{ name: 'a', data: 'x' }] }])
      assert.deepEqual([one.successCount, one.failureCount, one.results[1].error.code], [1, 1, 40160])
      assert.ok(one.results[0].messageId)
      assert.equal((await c.batchPublish({ channels: ['both'], messages: [{ name: 'b' }] })).successCount, 1)
      const old = await (g.v === 2 ? c.request('POST', '/messages', 2, {}, { channels: ['both', 'closed'], messages: [{}] }, {})
        : c.request('POST', '/messages', {}, { channels: ['both', 'closed'], messages: [{}] }, {}))
      assert.deepEqual([old.success, old.statusCode, old.errorCode], [false, 400, 40020])
      const raw = await request(g, rest(g), 'get', '/invalid', {})
      assert.deepEqual([raw.success, raw.statusCode, raw.errorCode], [false, 404, 40400])
    })

    await t.test('revocation', async () => {
      const key = rest(g, { key: revocableKey })
      const { token } = await key.auth.requestToken({ clientId: 'gone' })
      const c = rest(g, { token })
      await c.channels.get('a').publish('n', 'x')
      await new Promise((done) => setTimeout(done, 5))
      const out = await key.auth.revokeTokens([{ type: 'clientId', value: 'gone' }, { type: 'what', value: 'x' }])
      assert.deepEqual([out.successCount, out.failureCount, out.results[1].error.statusCode], [1, 1, 400])
      const err = await rejected(c.channels.get('a').publish('n', 'x'))
      assert.ok([40141, 40171].includes(err.code), String(err.code))
    })

    if (g.v === 2) {
      await t.test('a single message', async () => {
        const ch = rest(g).channels.get(fresh())
        const { serials } = await ch.publish('n', { a: 1 })
        assert.equal(serials.length, 1)
        const m = await ch.getMessage(serials[0])
        assert.deepEqual([m.name, m.data, m.serial], ['n', { a: 1 }, serials[0]])
      })

      await t.test('messages that change', async () => {
        const ch = rest(g, { clientId: 'kim' }).channels.get(fresh())
        const { serials: [one, two] } = await ch.publish([{ name: 'n', data: 'a' }, { name: 'n', data: { v: 1 } }])
        const operation = { description: 'why', metadata: { k: 'v' } }
        const { versionSerial } = await ch.appendMessage({ serial: one, data: 'b' }, operation)
        await ch.updateMessage({ serial: two, data: { v: 2 } })
        await ch.deleteMessage({ serial: two, data: {} })
        const m = await ch.getMessage(one)
        const { timestamp, ...version } = m.version
        assert.deepEqual([m.action, m.data, version], ['message.update', 'ab', { serial: versionSerial, clientId: 'kim', ...operation }])
        assert.ok(timestamp >= m.timestamp)
        const versions = await ch.getMessageVersions({ serial: two })
        assert.deepEqual(versions.items.map((v) => [v.action, v.data]), [['message.create', { v: 1 }], ['message.update', { v: 2 }], ['message.delete', {}]])
        for (const name of ['x', 'y', 'x']) await ch.annotations.publish(one, { type: 'r:multiple.v1', name })
        await ch.annotations.delete(one, { type: 'r:multiple.v1', name: 'y' })
        const { summary } = (await ch.getMessage(one)).annotations
        assert.deepEqual(summary, { 'r:multiple.v1': { x: { total: 2, clientIds: { kim: 2 }, totalUnidentified: 0, clipped: false, totalClientIds: 1 } } })
        const page = await ch.annotations.get(one, { limit: 3 })
        assert.deepEqual(page.items.map((a) => [a.action, a.name, a.clientId]), ['x', 'y', 'x'].map((name) => ['annotation.create', name, 'kim']))
        assert.deepEqual((await page.next()).items.map((a) => a.action), ['annotation.delete'])
        assert.equal((await rejected(ch.getMessage(one.replace(/.@/, 'z@')))).statusCode, 404)
        assert.equal((await rejected(ch.updateMessage({ serial: 'x', data: 'y' }))).code, 40003)
        const reader = rest(g, { key: readerKey }).channels.get('open:' + fresh())
        assert.equal((await rejected(reader.updateMessage({ serial: one, data: 'y' }))).code, 40160)
        assert.equal((await rejected(reader.annotations.publish(one, { type: 'a:total.v1' }))).code, 40160)
      })
    }
  })
}

test('the network check', async () => {
  assert.equal(await (await fetch(base + '/is-the-internet-up.txt')).text(), 'yes')
})
