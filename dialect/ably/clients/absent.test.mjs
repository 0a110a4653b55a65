// What this server does not offer is refused in a way that each generation of clients understands, and nothing else ends.
import test from 'node:test'
import assert from 'node:assert/strict'
import { LiveObjects } from 'ably/liveobjects'
import { client, fresh, generations, rejected, until } from './lib.mjs'

for (const g of generations) {
  test(`${g.name}: deltas are whole messages`, async (t) => {
    const c = client(t, g), ch = c.channels.get(fresh(), { params: { delta: 'vcdiff' } }), got = []
    await ch.subscribe((m) => got.push(m.data))
    assert.deepEqual(ch.params, { delta: 'vcdiff' }) // whoever wants differences takes whole messages as well
    for (const data of ['one text', 'one text more']) await ch.publish('n', data)
    await until('whole messages', () => got.length === 2)
    assert.deepEqual(got, ['one text', 'one text more'])
  })

  test(`${g.name}: statistics, push, chat`, async (t) => {
    const c = client(t, g)
    assert.equal((await rejected(c.stats())).code, 40400)
    assert.equal((await rejected(c.push.admin.deviceRegistrations.list({}))).code, 40400)
    assert.equal((await rejected(c.push.admin.channelSubscriptions.listChannels({}))).code, 40400)
    assert.equal((await rejected(c.push.admin.publish({ clientId: 'kim' }, { notification: { title: 'x' } }))).code, 40400)
    for (const path of ['/chat/v4/rooms/x/messages', '/chat/v4/rooms/x/occupancy', '/channels/x/object']) {
      const page = await (g.v === 2 ? c.request('GET', path, 6, {}, null, {}) : c.request('GET', path, {}, null, {}))
      assert.equal(page.success, false)
      assert.match(page.errorMessage, /not offered/)
    }
    await c.channels.get(fresh()).publish('n', 'still here')
  })

  if (g.v === 2) test(`${g.name}: LiveObjects`, async (t) => {
    const c = client(t, g, { plugins: { LiveObjects } })
    const err = await rejected(c.channels.get(fresh(), { modes: ['OBJECT_SUBSCRIBE', 'OBJECT_PUBLISH'] }).object.get())
    assert.equal(err.code, 40024)
    assert.match(err.message, /not offered/)
    assert.equal((await rejected(c.channels.get(fresh(), { modes: ['PUBLISH', 'OBJECT_SUBSCRIBE'] }).object.get())).code, 40024)
    const plain = c.channels.get(fresh())
    await plain.attach()
    assert.equal((await rejected(plain.object.get())).code, 40024)
    assert.equal((await rejected(plain.sendState([{ operation: { action: 4 } }]))).code, 40024)
    await plain.publish('n', 'still here')
    assert.equal(c.connection.state, 'connected')
  })
}
