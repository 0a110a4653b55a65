// Resume under fire: many clients on networks that are cut in all ways, each of which must hear everything once and in
// order, or be told where something is missing.
//
//	PORTS    two of each node: of a server with the defaults, and of one that forgets clients quickly
//	FIRE     {"clients", "processes", "messages", "rate" (each second), "cuts" (of each client), "history", "stateTTL" (ms)}
import test from 'node:test'
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { client, generations, sleep, state, until } from '../lib.mjs'
import { Network } from './network.mjs'
import { judge, sequences } from './oracle.mjs'

const fire = JSON.parse(process.env.FIRE), ports = process.env.PORTS.split(' ').map(Number)
const steady = ports.filter((_, i) => i % 2 === 0), quick = ports.filter((_, i) => i % 2 === 1)
const channel = `fire-${process.pid}`, span = 1_000_000

// A gun is a process with clients that are cut off.
function gun(t, first, clients) {
  const { cuts, history, stateTTL } = fire
  const child = fork(new URL('worker.mjs', import.meta.url), [JSON.stringify({ first, clients, ports: quick, channel, cuts, history, stateTTL })])
  t.after(() => child.kill())
  const gone = new Promise((_, failed) => child.on('exit', (code) => failed(new Error(`the clients from ${first} on have ended: ${code}`))))
  gone.catch(() => {})
  child.said = (type) => Promise.race([gone, new Promise((done) => child.on('message', (m) => { if (m.type === type) done(m) }))])
  return child
}

// A publisher publishes on a network of its own, whose short cuts may neither lose nor repeat anything of it.
class Publisher {
  sent = 0
  open = 0
  failed = []

  static async start(t, no, g) {
    const p = new Publisher()
    p.no = no
    p.network = await Network.start(steady)
    p.c = client(t, g, { atPort: p.network.port, realtimeRequestTimeout: 2000, disconnectedRetryTimeout: 100 })
    t.after(() => p.network.close()) // behind the client, which says goodbye
    p.ch = p.c.channels.get(channel)
    await state(p.c.connection, 'connected')
    p.id = p.c.connection.id
    return p
  }

  publish() {
    if (this.open > 500) return
    const id = this.no * span + this.sent++
    this.open++
    this.ch.publish('n', String(id)).catch((err) => this.failed.push(`${id}: ${err}`)).finally(() => this.open--)
  }

  // suffer cuts it off now and then until enough.
  async suffer(enough) {
    while (!enough()) {
      await sleep(1000 + Math.random() * 2000)
      await state(this.c.connection, 'connected', 30000)
      if (Math.random() < 0.5) this.network.cut()
      else this.network.halve(Math.random() * 1000)
    }
    await state(this.c.connection, 'connected', 30000)
  }
}

test(`${fire.clients} clients, ${fire.messages} messages, ${fire.cuts} cuts each`, async (t) => {
  const begun = Date.now(), truth = []
  const witness = client(t, generations[1], { atPort: steady[0] })
  const seen = witness.channels.get(channel), changes = []
  seen.on((change) => changes.push(change.current))
  await seen.subscribe((m) => truth.push(Number(m.data)))

  const each = Math.ceil(fire.clients / fire.processes)
  const guns = Array.from({ length: fire.processes }, (_, i) => gun(t, i * each, Math.min(each, fire.clients - i * each)))
  await Promise.all(guns.map((x) => x.said('attached')))
  const publishers = await Promise.all([0, 3].map((g, no) => Publisher.start(t, no, generations[g])))

  let survived = false, published = false, failure = null
  const fail = (err) => { failure ??= err }
  const survival = Promise.all(guns.map((x) => { x.send({ type: 'fire' }); return x.said('survived') })).then(() => { survived = true }, fail)
  const suffering = publishers.map((p) => p.suffer(() => failure || survived && published).catch(fail))
  // As many as wanted, and on for as long as somebody is cut off: nothing can be lost where nothing is published.
  const start = Date.now()
  for (let due = 0, n = 0; !survived || n < fire.messages; await sleep(20)) {
    for (due = (Date.now() - start) * fire.rate / 1000; n < due && (!survived || n < fire.messages); n++) publishers[n % 2].publish()
    if (n > 5 * fire.messages) fail(new Error('the clients are not done in time'))
    if (failure) throw failure
  }
  published = true
  await Promise.all([survival, ...suffering])
  if (failure) throw failure
  for (let i = 0; i < 20; i++) publishers[i % 2].publish()
  await until('the answers to the publishers', () => publishers.every((p) => p.open === 0), 30000)
  const total = publishers.reduce((n, p) => n + p.sent, 0)
  await until('all messages at the witness', () => truth.length >= total, 30000).catch(() => {}) // the judge says which
  guns.forEach((x) => x.send({ type: 'end', last: truth.at(-1) }))
  const heard = (await Promise.all(guns.map((x) => x.said('heard')))).flatMap((m) => m.clients)

  report(t, heard, truth, Date.now() - begun)
  assert.deepEqual(publishers.flatMap((p) => p.failed), [], 'publishing has failed')
  assert.deepEqual(publishers.map((p) => p.c.connection.id), publishers.map((p) => p.id), 'a publisher has lost its connection')
  assert.deepEqual(changes, ['attaching', 'attached'], 'the witness was not undisturbed')
  assert.deepEqual(sequences(truth, publishers.map((p) => p.sent), span).slice(0, 20), [])
  const patience = Math.min(fire.history, fire.stateTTL) / 2
  const wrong = heard.flatMap((x) => judge(truth, x.log, { patience }).slice(0, 5).map((w) => `client ${x.no}, ${x.g}, ${x.state}: ${w}`))
  assert.deepEqual(wrong, [])
  assert.ok(heard.length === fire.clients && heard.every((x) => sum([x.counts]).total === fire.cuts), 'not everybody was cut off as often as wanted')
  assert.ok(heard.every((x) => losses(x) > 0) && heard.some((x) => x.backlogs > 0), 'nobody has lost anything, or nobody has got anything again')
})

const losses = (x) => x.log.filter((e) => typeof e === 'object').length - 1 // the first one is its beginning

// sum adds up counts by kind.
function sum(counts) {
  const all = { total: 0 }
  for (const c of counts) for (const [kind, n] of Object.entries(c)) [all[kind], all.total] = [(all[kind] ?? 0) + n, all.total + n]
  return all
}

// report says what has happened.
function report(t, heard, truth, ms) {
  const list = (o) => Object.entries(o).filter(([k]) => k !== 'total').map(([k, n]) => `${n} ${k}`).join(', ')
  const cuts = sum(heard.map((x) => x.counts)), reasons = sum(heard.map((x) => x.reasons)), n = (f) => heard.reduce((all, x) => all + f(x), 0)
  t.diagnostic(`${heard.length} clients, ${truth.length} messages, ${n((x) => x.log.length)} deliveries in ${(ms / 1000).toFixed(1)} s`)
  t.diagnostic(`${cuts.total} cuts: ${list(cuts)}`)
  t.diagnostic(`${n(losses)} losses told, attachments without continuity by code: ${list(reasons)}`)
  t.diagnostic(`${n((x) => x.resumed)} attachments with continuity, ${n((x) => x.backlogs)} of them with a replay; ${n((x) => x.connections)} connections`)
}
