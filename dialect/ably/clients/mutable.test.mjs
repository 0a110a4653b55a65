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
  })
}
