// Resume under fire: many clients on bad networks, each of which must hear everything once and in order.
import test from 'node:test'
import assert from 'node:assert/strict'
import { client, generations, Proxy, sleep, state, until } from './lib.mjs'

const clients = Number(process.env.FIRE_CLIENTS ?? 12), messages = Number(process.env.FIRE_MESSAGES ?? 1500), cuts = Number(process.env.FIRE_CUTS ?? 10)

test(`${clients} clients, ${messages} messages, ${cuts} cuts each`, async (t) => {
  const name = `fire-${process.pid}`
  const publisher = client(t, generations[0])
  await state(publisher.connection, 'connected')
  const all = await Promise.all(Array.from({ length: clients }, async (_, i) => {
    const p = await Proxy.start(t), g = generations[i % generations.length]
    const c = client(t, g, { atPort: p.port, disconnectedRetryTimeout: 100 }), x = { p, c, got: [], lost: [], cuts: 0 }
    const ch = c.channels.get(name)
    await ch.subscribe((m) => x.got.push(Number(m.data)))
    for (const event of ['attached', 'update']) ch.on(event, (change) => { if (!change.resumed) x.lost.push(`${event} after ${change.previous}: ${change.reason}`) })
    return x
  }))
  let done = false
  const fires = all.map(async (x) => {
    while (x.cuts < cuts || !done) {
      await sleep(Math.random() * 300)
      if (x.cuts >= cuts) continue
      // A third of the cuts hits the client while it attaches again.
      if (x.cuts % 3 === 2) await state(x.c.connection, 'connected', 30000)
      x.p.cut()
      x.cuts++
      if (x.cuts % 3 === 0) { x.p.down = true; await sleep(Math.random() * 400); x.p.down = false }
      if (x.cuts % 3 !== 2) await state(x.c.connection, 'connected', 30000)
    }
  })
  const ch = publisher.channels.get(name)
  for (let i = 0; i < messages; i++) {
    await ch.publish('n', String(i))
    if (i % 10 === 9) await sleep(20)
  }
  done = true
  await Promise.all(fires)
  await until('everybody has heard the last', () => all.every((x) => x.got.at(-1) === messages - 1), 60000).catch((err) => {
    throw new Error(`${err.message}: ${all.map((x) => `${x.got.length} ${x.c.connection.state}`)}`)
  })
  const want = Array.from({ length: messages }, (_, i) => i)
  for (const x of all) {
    assert.deepEqual(x.lost, [])
    assert.deepEqual(x.got, want)
  }
})
