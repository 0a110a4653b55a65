// A process with some of the clients under fire. It is told what to do by main.mjs, and tells it what its clients heard.
import { client, generations, sleep, state, until } from '../lib.mjs'
import { Network } from './network.mjs'

const { first, clients, ports, channel, cuts, history, stateTTL } = JSON.parse(process.argv[2])
const between = (low, high) => low + Math.random() * (high - low)
const pick = (list) => list[Math.floor(between(0, list.length))]
const cleanups = [], t = { after: (f) => cleanups.push(f) }

// kinds are the ways in which a client is cut off; each returns when the network works again.
const kinds = {
  // attach: while ATTACH is under way: before it arrives, before it is answered, behind ATTACHED, or anywhere in what
  // follows that. The client attaches because it was cut off, or because it wants something else of the channel.
  async attach(x) {
    const { trapped } = x.network
    x.network.trap = pick([{ forward: false }, { forward: true, budget: 0 }, { forward: true, budget: 'frame' }, { forward: true, budget: Math.ceil(between(1, 8000)) }])
    if (Math.random() < 0.6) {
      x.network.cut()
    } else {
      const modes = x.ch.modes?.includes('publish') ? ['SUBSCRIBE'] : ['SUBSCRIBE', 'PUBLISH']
      x.ch.setOptions({ modes }).catch(() => {}) // it is cut off before the answer
    }
    await until(`an ATTACH of client ${x.no}`, () => x.network.trapped > trapped, 30000)
  },
  // long: for longer than messages are kept, and every other time than the connection is.
  async long(x) {
    x.network.down = Math.random() < 0.5 ? 'refuse' : 'mute'
    x.network.cut()
    await sleep(x.long++ % 2 ? between(stateTTL + 500, stateTTL + 1500) : between(history + 200, stateTTL - 500))
    x.network.heal()
  },
  async reset(x) { x.network.cut() },
  // half: the server hears nothing of it for some time.
  async half(x) { x.network.halve(between(50, 1500)) },
  // stall: nothing comes through any more, and nobody is told.
  async stall(x) {
    const noticed = x.c.connection.state === 'connected' ? state(x.c.connection, 'disconnected', 20000) : null
    x.network.stall(between(3000, 6000))
    await noticed
  },
}

// plan is a shuffled list of a client's cuts: a third during the attachment, a third long ones, and short ones.
function plan(n, no) {
  const short = ['reset', 'half', 'stall']
  const all = Array.from({ length: n }, (_, i) => ['attach', 'long', short[(no + Math.floor(i / 3)) % 3]][i % 3])
  for (let i = n - 1; i > 0; i--) {
    const k = Math.floor(between(0, i + 1));
    [all[i], all[k]] = [all[k], all[i]]
  }
  return all
}

async function begin(no) {
  const g = generations[no % 10 === 9 ? 4 + Math.floor(no / 10) % 2 : no % 4] // one of ten polls
  const x = { no, g: g.name, log: [], counts: {}, reasons: {}, resumed: 0, backlogs: 0, ids: new Set(), long: Math.floor(between(0, 2)), since: 0, last: -1 }
  // Most of the time it comes back to its own node.
  x.network = await Network.start(ports, (n) => Math.random() < 0.8 ? no % n : Math.floor(between(0, n)))
  x.c = client(t, g, {
    atPort: x.network.port, realtimeRequestTimeout: 1500, disconnectedRetryTimeout: 100, suspendedRetryTimeout: 100, channelRetryTimeout: 100,
    disableConnectivityCheck: true,
  })
  cleanups.push(() => x.network.close()) // behind the client, which says goodbye
  x.c.connection.on('connected', () => x.ids.add(x.c.connection.id))
  const ch = x.ch = x.c.channels.get(channel)
  ch.on('suspended', () => { x.forgot = true }) // then it does not say any more what it has heard
  for (const event of ['attached', 'update']) {
    ch.on(event, (change) => {
      if (change.resumed) {
        x.resumed++
        if (change.hasBacklog) x.backlogs++
        return
      }
      x.log.push({ silent: Date.now() - x.since, forgot: x.forgot })
      x.forgot = false
      x.reasons[change.reason?.code ?? 'none'] = (x.reasons[change.reason?.code ?? 'none'] ?? 0) + 1
      x.since = Date.now()
    })
  }
  await ch.subscribe((m) => {
    x.last = Number(m.data)
    x.log.push(x.last)
    x.since = Date.now()
  })
  return x
}

async function fire(x) {
  for (const kind of plan(cuts, x.no)) {
    await state(x.ch, 'attached', 60000)
    await sleep(between(0, 400))
    await kinds[kind](x)
    x.counts[kind] = (x.counts[kind] ?? 0) + 1
    await state(x.c.connection, 'connected', 60000)
  }
}

const told = (type) => new Promise((done) => process.on('message', (m) => { if (m.type === type) done(m) }))
const [go, end] = [told('fire'), told('end')]
const all = await Promise.all(Array.from({ length: clients }, (_, i) => begin(first + i)))
process.send({ type: 'attached' })
await go
await Promise.all(all.map(fire))
process.send({ type: 'survived' })
const { last } = await end
await until('the last message', () => all.every((x) => x.last === last), 30000).catch(() => {}) // the judge will see it
process.send({
  type: 'heard',
  clients: all.map((x) => ({ no: x.no, g: x.g, log: x.log, counts: x.counts, reasons: x.reasons, resumed: x.resumed, backlogs: x.backlogs, connections: x.ids.size, state: `${x.c.connection.state}, ${x.ch.state}` })),
})
for (const f of cleanups) await f()
