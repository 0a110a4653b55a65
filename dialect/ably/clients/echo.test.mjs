// Clients that do not want their own messages back, under every name that a channel can have.
import test from 'node:test'
import assert from 'node:assert/strict'
import { client, fresh, generations, Proxy, state, until } from './lib.mjs'

for (const g of generations) {
  test(`${g.name}: no echo`, async (t) => {
    const name = fresh(), proxy = await Proxy.start(t)
    const a = client(t, g, { echoMessages: false, clientId: 'a', atPort: proxy.port }), b = client(t, g, { clientId: 'b' })
    const got = {}, seen = []
    for (const channel of [name, `[?rewind=1]${name}`]) await a.channels.get(channel).subscribe((m) => (got[channel] ??= []).push(m.data))
    await a.channels.get(name).presence.subscribe((p) => seen.push(`${p.action} ${p.clientId}`))
    const all = (...want) => until(want, () => Object.values(got).length === 2 && Object.values(got).every((l) => l.length >= want.length))
      .then(() => Object.values(got).forEach((l) => assert.deepEqual(l, want)))
    const other = b.channels.get(name)
    await other.attach()
    await a.channels.get(name).publish('n', 'own')
    await a.channels.get(`[?rewind=1]${name}`).publish('n', 'own, qualified')
    await a.channels.get(`[?rewind=7]${name}`).publish('n', 'own, without attaching')
    await other.publish('n', 'theirs')
    await all('theirs')
    await a.channels.get(name).presence.enter()
    await other.presence.enter()
    await until('presence, its own too', () => seen.includes('enter a') && seen.includes('enter b'))
    const id = a.connection.id
    const cut = Promise.race([state(a.connection, 'disconnected'), state(a.connection, 'connecting')])
    proxy.cut()
    await cut
    await other.publish('n', 'missed')
    await state(a.connection, 'connected')
    assert.equal(a.connection.id, id)
    await a.channels.get(name).publish('n', 'own, resumed')
    await a.channels.get(`[?rewind=1]${name}`).publish('n', 'own, qualified, resumed')
    await other.publish('n', 'last')
    await all('theirs', 'missed', 'last')
  })
}
