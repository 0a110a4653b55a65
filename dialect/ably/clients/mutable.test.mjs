// Messages that change after they were published, and what others note on them, with the generation of clients that knows it.
import test from 'node:test'
import assert from 'node:assert/strict'
import { client, generations, jwt, Proxy, rejected, state, until } from './lib.mjs'

let room = 0
const fresh = () => `mutable-${process.pid}-${++room}`
const plain = (m) => ({ name: m.name, data: m.data, action: m.action })

for (const g of generations.filter((g) => g.v === 2)) {
  test(g.name, async (t) => {
    await t.test('update', async (t) => {
      const name = fresh(), a = client(t, g), b = client(t, g), got = []
      const ch = a.channels.get(name)
      await b.channels.get(name).subscribe((m) => got.push(m))
      const { serials: [serial] } = await ch.publish({ name: 'n', data: { v: 1 }, clientId: 'author', extras: { headers: { h: 1 } } })
      const operation = { clientId: 'editor', description: 'why', metadata: { reason: 'r' } }
      const { versionSerial } = await ch.updateMessage({ serial, data: { v: 2 } }, operation)
      await until('both', () => got.length === 2)
      const [first, second] = got
      assert.equal(first.serial, serial)
      assert.deepEqual(first.version, { serial, timestamp: first.timestamp })
      assert.deepEqual(plain(second), { name: 'n', data: { v: 2 }, action: 'message.update' })
      assert.equal(second.serial, serial)
      assert.equal(second.clientId, 'author')
      assert.equal(second.timestamp, first.timestamp)
      assert.deepEqual(second.extras, { headers: { h: 1 } })
      const { timestamp, ...version } = second.version
      assert.deepEqual(version, { serial: versionSerial, ...operation })
      assert.ok(versionSerial > serial && timestamp >= first.timestamp)
    })

    await t.test('delete, append and rewind', async (t) => {
      const name = fresh(), a = client(t, g, { clientId: 'kim' }), got = []
      const ch = a.channels.get(name)
      await ch.subscribe((m) => got.push(m))
      const { serials: [one, two, three] } = await ch.publish([{ name: 'n', data: 'Hello' }, { name: 'n', data: 'x' }, { name: 'n', data: Buffer.from([1]) }])
      await ch.appendMessage({ serial: one, data: ' World' })
      await ch.appendMessage({ serial: three, data: Buffer.from([2, 255]) })
      await ch.deleteMessage({ serial: two, data: {} }, { description: 'spam' })
      const { versionSerial } = await ch.appendMessage({ serial: one, data: '!' }, { metadata: { k: 'v' } })
      await until('all', () => got.length === 7)
      assert.deepEqual(got.slice(3).map(plain), [
        { name: 'n', data: ' World', action: 'message.append' }, { name: 'n', data: Buffer.from([2, 255]), action: 'message.append' },
        { name: 'n', data: {}, action: 'message.delete' }, { name: 'n', data: '!', action: 'message.append' },
      ])
      assert.deepEqual([got[5].version.description, got[5].version.clientId], ['spam', 'kim'])
      assert.equal((await rejected(ch.appendMessage({ serial: one, data: { a: 1 } }))).code, 40013)

      const late = client(t, g), seen = []
      await late.channels.get(name, { params: { rewind: '10' } }).subscribe((m) => seen.push(m))
      await until('what was before', () => seen.length === 3)
      const now = [
        { name: 'n', data: 'Hello World!', action: 'message.update' }, { name: 'n', data: {}, action: 'message.delete' },
        { name: 'n', data: Buffer.from([1, 2, 255]), action: 'message.update' },
      ]
      assert.deepEqual(seen.map(plain), now)
      assert.deepEqual([seen[0].serial, seen[0].version.serial, seen[0].version.metadata], [one, versionSerial, { k: 'v' }])
      assert.deepEqual((await ch.history({ direction: 'forwards' })).items.map(plain), now)
      assert.deepEqual((await ch.history({ limit: 2 })).items.map(plain), now.slice(1).reverse())
      assert.deepEqual(plain(await ch.getMessage(one)), now[0])
      const versions = await ch.getMessageVersions(one, { limit: 2 })
      assert.deepEqual(versions.items.map((m) => [m.action, m.data]), [['message.create', 'Hello'], ['message.update', 'Hello World']])
      assert.deepEqual((await versions.next()).items.map((m) => m.version.serial), [versionSerial])
    })

    await t.test('a message that was received is sent back changed, by another client', async (t) => {
      const name = fresh(), a = client(t, g, { clientId: 'a' }), b = client(t, g, { clientId: 'b' }), got = []
      const ch = b.channels.get(name)
      await ch.subscribe((m) => got.push(m))
      await a.channels.get(name).publish('n', 'x')
      const m = await until('it', () => got[0])
      m.data = 'y'
      await ch.updateMessage(m)
      await until('the update', () => got.length === 2)
      assert.deepEqual([got[1].clientId, got[1].version.clientId, got[1].data], ['a', 'b', 'y'])
    })

    await t.test('rights', async (t) => {
      const name = fresh(), root = client(t, g)
      const { serials: [own, other] } = await root.channels.get(name).publish([{ data: 'x', clientId: 'kim' }, { data: 'x', clientId: 'lee' }])
      const capability = JSON.stringify({ [name]: ['subscribe', 'message-update-own', 'message-delete-any'] })
      const kim = client(t, g, { token: jwt({ 'x-ably-capability': capability, 'x-ably-clientId': 'kim' }) }).channels.get(name)
      await kim.updateMessage({ serial: own, data: 'y' })
      await kim.deleteMessage({ serial: other })
      assert.equal((await rejected(kim.updateMessage({ serial: other, data: 'y' }))).code, 40160)
      assert.equal((await rejected(kim.appendMessage({ serial: other, data: 'y' }))).code, 40160)
      assert.equal((await rejected(kim.annotations.publish(own, { type: 'a:total.v1' }))).code, 40160)
      assert.equal((await rejected(kim.updateMessage({ serial: own.replace(/.@/, 'z@'), data: 'y' }))).statusCode, 404)
      assert.equal((await rejected(kim.updateMessage({ serial: own, data: 'y' }, { clientId: 'lee' }))).code, 40012)
    })

    await t.test('annotations', async (t) => {
      const name = fresh(), summaries = [], notes = []
      const [kim, lee, nobody] = ['kim', 'lee', undefined].map((clientId) => client(t, g, clientId ? { clientId } : {}).channels.get(name, {
        modes: ['publish', 'subscribe', 'annotation_publish', 'annotation_subscribe'],
      }))
      const plainly = client(t, g).channels.get(name) // it hears summaries, and no annotations
      await plainly.subscribe((m) => { if (m.action === 'message.summary') summaries.push(m) })
      await kim.annotations.subscribe((a) => notes.push(a))
      const { serials: [serial] } = await kim.publish('n', 'm')
      const note = (who, type, rest) => who.annotations.publish(serial, { type, ...rest })
      await note(kim, 'metrics:total.v1', {})
      await note(nobody, 'metrics:total.v1', { data: { why: 1 }, extras: { headers: { a: 1 } } })
      await note(kim, 'receipt:flag.v1', {})
      await note(lee, 'receipt:flag.v1', {})
      for (const who of [kim, lee]) await note(who, 'tag:distinct.v1', { name: 'x' })
      await note(kim, 'tag:distinct.v1', { name: 'y' })
      await note(kim, 'vote:unique.v1', { name: 'a' })
      await note(kim, 'vote:unique.v1', { name: 'b' })
      await note(kim, 'stars:multiple.v1', { name: 's', count: 3 })
      await note(kim, 'stars:multiple.v1', { name: 's' })
      await note(nobody, 'stars:multiple.v1', { name: 's', count: 2 })
      await note(kim, 'comment:text.v1', { data: 'not summed' })
      await lee.annotations.delete(serial, { type: 'tag:distinct.v1', name: 'x' })
      const list = (...clientIds) => ({ total: clientIds.length, clientIds, clipped: false })
      const want = {
        'metrics:total.v1': { total: 2 }, 'receipt:flag.v1': list('kim', 'lee'), 'tag:distinct.v1': { x: list('kim'), y: list('kim') },
        'vote:unique.v1': { b: list('kim') },
        'stars:multiple.v1': { s: { total: 6, clientIds: { kim: 4 }, totalUnidentified: 2, clipped: false, totalClientIds: 1 } },
      }
      const last = await until('the last summary', () => summaries.find((m) => m.annotations.summary['tag:distinct.v1']?.x.total === 1 && m.annotations.summary['stars:multiple.v1']))
      assert.deepEqual(last.annotations.summary, want)
      assert.equal(last.serial, serial)
      await until('all annotations', () => notes.length === 14)
      const [second, end] = [notes[1], notes.at(-1)]
      assert.deepEqual([second.action, second.messageSerial, second.type, second.data, second.extras, second.clientId],
        ['annotation.create', serial, 'metrics:total.v1', { why: 1 }, { headers: { a: 1 } }, undefined])
      assert.deepEqual([end.action, end.name, end.clientId], ['annotation.delete', 'x', 'lee'])
      assert.ok(second.id && second.timestamp && notes.every((n, i) => n.serial > (notes[i - 1] ?? { serial }).serial))
      assert.deepEqual((await kim.getMessage(serial)).annotations.summary, want)
      assert.deepEqual((await kim.history()).items.map((m) => [m.action, m.annotations.summary]), [['message.create', want]])
      const page = await kim.annotations.get(serial, { limit: 10 })
      assert.deepEqual([...page.items, ...(await page.next()).items].map((n) => n.serial), notes.map((n) => n.serial))
      assert.equal((await rejected(note(nobody, 'receipt:flag.v1', {}))).code, 40161)
      assert.equal((await rejected(note(kim, 'tag:distinct.v1', {}))).code, 40000)
    })

    await t.test('what was missed', async (t) => {
      const name = fresh(), proxy = await Proxy.start(t)
      const a = client(t, g, { clientId: 'kim' }).channels.get(name), b = client(t, g, { atPort: proxy.port, disconnectedRetryTimeout: 200 }), got = []
      const { serials: [serial] } = await a.publish('n', '0')
      await b.channels.get(name).subscribe((m) => got.push([m.action, m.data]))
      proxy.down = true
      proxy.cut()
      await state(b.connection, 'disconnected')
      await a.appendMessage({ serial, data: '1' })
      await a.annotations.publish(serial, { type: 'a:total.v1' })
      await a.appendMessage({ serial, data: '2' })
      await a.updateMessage({ serial, data: '3' })
      proxy.down = false
      await until('all of it', () => got.length === 4)
      assert.deepEqual(got, [['message.append', '1'], ['message.append', '2'], ['message.update', '3'], ['message.summary', undefined]])
    })
  })
}
