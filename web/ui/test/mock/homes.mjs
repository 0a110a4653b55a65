// A small stand-in for devices at home: the namespace /home with its procedures and events, GET /code and POST /codecheck, and the
// endpoints behind /device. The hubs are part of it: they do what they are told, unless a test says otherwise.

import { randomInt, randomUUID } from 'node:crypto'
import { Problem } from './store.mjs'

const CODE_MS = 180_000
const QUEUE_MS = 600_000

export class Homes {
  places = new Map()
  hubs = new Map()
  audit = []
  invitations = new Map()
  grants = new Map()
  /** What hubs do with commands: `done`, `refuse`, or `hold` them. */
  behaviour = 'done'
  next = 1

  constructor(store) {
    this.store = store
  }

  addHub(serial, name, devices = []) {
    const hub = { serial, name, secret: `secret-${serial}`, place: '', online: true, seen_at: new Date().toISOString(), locked: false, devices: new Map(), commands: new Map(), code: undefined }
    for (const one of devices) hub.devices.set(one.id, { hub: serial, version: 1, rev: 1, desired: {}, reported: {}, ...one })
    this.hubs.set(serial, hub)
    return hub
  }

  addPlace(name, owner) {
    const place = { id: `p${this.next++}`, name, members: [] }
    this.places.set(place.id, place)
    if (owner) this.addMember(place, owner, 'owner')
    return place
  }

  addMember(place, user, role = 'member') {
    if (!place.members.some((one) => one.person === user.id)) place.members.push({ person: user.id, name: user.name, role })
  }

  note(place, act, more = {}) {
    this.audit.push({ id: this.next++, at: new Date().toISOString(), place, act, ...more })
  }

  hub(serial) {
    const hub = this.hubs.get(serial)
    if (!hub) throw new Problem(404, 'not_found')
    return hub
  }

  placeOf(id, person) {
    const place = this.places.get(id)
    if (!place?.members.some((one) => one.person === person)) throw new Problem(404, 'not_found')
    return place
  }

  owned(id, person) {
    const place = this.placeOf(id, person)
    if (!place.members.some((one) => one.person === person && one.role === 'owner')) throw new Problem(403, 'forbidden')
    return place
  }

  viewHub(hub, whole = true) {
    const { serial, name, place, online, seen_at, locked } = hub
    const view = { serial, name, place, online, seen_at, place_name: this.places.get(place)?.name }
    return whole ? { ...view, locked, devices: [...hub.devices.values()], commands: [...hub.commands.values()] } : view
  }

  viewPlace(place) {
    return { ...place, hubs: [...this.hubs.values()].filter((hub) => hub.place === place.id).map((hub) => this.viewHub(hub)) }
  }
}

/** Puts it on a Socket.IO server. */
export function attachHomes(io, store, homes) {
  const ns = io.of('/home')
  const tell = {
    place: (place, name, data) => ns.to(place.members.map((one) => `person:${one.person}`)).emit(name, data),
    home: (hub, name, data) => ns.to([`home:${hub.serial}`, ...(homes.places.get(hub.place)?.members ?? []).map((one) => `person:${one.person}`)]).emit(name, data),
    display: (hub, name, data) => ns.to(`display:${hub.serial}`).emit(name, data),
  }

  function change(hub, device, values) {
    const thing = hub.devices.get(device)
    Object.assign(thing.reported, values)
    thing.version++
    thing.rev++
    tell.home(hub, 'device.changed', thing)
  }

  function end(hub, command, state, note) {
    hub.commands.delete(command.id)
    const thing = hub.devices.get(command.device)
    thing.desired = Object.fromEntries(Object.entries(thing.desired).filter(([name]) => !(name in command.set)))
    thing.rev++
    tell.home(hub, 'device.changed', thing)
    tell.home(hub, 'command.changed', { ...command, state, note })
    homes.note(hub.place, 'command_ended', { hub: hub.serial, device: command.device, person: command.person, detail: state })
    if (state === 'done') change(hub, command.device, command.set)
  }

  function send(hub, command) {
    command.state = 'sent'
    tell.home(hub, 'command.changed', command)
    if (homes.behaviour === 'hold') return
    setTimeout(() => (homes.behaviour === 'refuse' ? end(hub, command, 'refused', '전구가 빠져 있음') : end(hub, command, 'done')), 30)
  }

  function online(serial, is) {
    const hub = homes.hub(serial)
    Object.assign(hub, { online: is, seen_at: new Date().toISOString() })
    tell.home(hub, 'hub.changed', homes.viewHub(hub, false))
    homes.note(hub.place, is ? 'hub_online' : 'hub_offline', { hub: serial })
    if (is) for (const command of hub.commands.values()) send(hub, command)
  }

  function showCode(serial, who, from, person) {
    const hub = homes.hubs.get(serial)
    if (!hub || ns.adapter.rooms.get(`display:${serial}`) === undefined) throw new Problem(503, 'no_display')
    if (hub.locked) throw new Problem(423, 'hub_locked')
    hub.code = { id: randomUUID(), code: String(randomInt(1e6)).padStart(6, '0'), wrong: 0, until: Date.now() + CODE_MS }
    tell.display(hub, 'pairing.shown', { id: hub.code.id, who, from, expires_in_ms: CODE_MS })
    tell.display(hub, 'code', hub.code.code)
    homes.note(hub.place, 'code_asked', { hub: serial, person })
    return hub
  }

  function clear(hub, why) {
    if (hub.code) tell.display(hub, 'pairing.cleared', { id: hub.code.id, why })
    hub.code = undefined
  }

  function checkCode(serial, typed) {
    const hub = homes.hubs.get(serial)
    if (!hub?.code || hub.code.until < Date.now()) throw new Problem(401, 'code_expired')
    if (hub.code.code !== typed) {
      if (++hub.code.wrong >= 5) clear(hub, 'failed')
      throw new Problem(401, 'code_wrong')
    }
    clear(hub, 'redeemed')
    return hub
  }

  function alarm(serial) {
    const hub = homes.hub(serial)
    hub.locked = true
    hub.code = undefined
    tell.display(hub, 'pairing.alarm', {})
  }

  /** The token of a pairing, as far as the page looks into it. */
  const tokenOf = (serial) => `x.${Buffer.from(JSON.stringify({ use: 'pairing', api_serial: serial, exp: Date.now() / 1000 + 3600 })).toString('base64url')}.${randomUUID()}`
  const guests = new Map()

  ns.use((socket, next) => {
    const refuse = (code) => next(Object.assign(new Error(code), { data: { code, reason: code } }))
    const { token, display } = socket.handshake.auth ?? {}
    try {
      if (display) {
        const hub = token ? [...homes.hubs.values()].find((one) => `${one.serial}:${one.secret}` === token) : homes.box
        if (!hub) return refuse(token ? 'token_invalid' : 'token_missing')
        socket.data = { display: hub.serial }
        socket.join([`display:${hub.serial}`, `home:${hub.serial}`])
      } else if (guests.has(token)) {
        socket.data = { guest: guests.get(token), user: `guest:${token.slice(-8)}` }
        socket.join([`home:${socket.data.guest}`, `token:${token}`])
      } else {
        socket.data = { user: store.userOf(token).id }
        socket.join(`person:${socket.data.user}`)
      }
      next()
    } catch (err) {
      refuse(err.code)
    }
  })

  ns.on('connection', (socket) => {
    const { display, guest, user } = socket.data
    const one = display ?? guest
    if (display && homes.hub(display).locked) socket.emit('pairing.alarm', {})
    const handle = (name, work) =>
      socket.on(name, (body, ack) => {
        try {
          ack?.(work(body ?? {}) ?? {})
        } catch (err) {
          ack?.({ error: { code: err.code ?? 'internal', message: String(err.message) } })
        }
      })
    handle('device.places', () => ({ places: [...homes.places.values()].filter((place) => place.members.some((m) => m.person === user)).map((place) => homes.viewPlace(place)) }))
    handle('device.devices', ({ hub }) => homes.viewHub(homes.hub(one ?? hub)))
    handle('device.command', ({ hub: serial, device, set }) => {
      const hub = homes.hub(one ?? serial)
      const thing = hub.devices.get(device)
      if (!hub.online && 'locked' in set) throw new Problem(404, 'hub_away')
      const now = Date.now()
      const command = { id: `c${homes.next++}`, hub: hub.serial, device, person: user ?? `box:${display}`, set, state: hub.online ? 'sent' : 'queued', created_at: new Date(now).toISOString(), expires_at: new Date(now + (hub.online ? 10_000 : QUEUE_MS)).toISOString() }
      hub.commands.set(command.id, command)
      Object.assign(thing.desired, set)
      thing.rev++
      homes.note(hub.place, 'command', { hub: hub.serial, device, person: command.person, detail: Object.entries(set).map(([name, value]) => `${name}=${value}`).join(' ') })
      tell.home(hub, 'device.changed', thing)
      if (hub.online) send(hub, command)
      else tell.home(hub, 'command.changed', command)
      return command
    })
    handle('device.withdraw', () => clear(homes.hub(display), 'withdrawn'))
    handle('device.press', () => {
      homes.hub(display).locked = false
      tell.display(homes.hub(display), 'pairing.cleared', { id: '', why: 'pressed' })
    })
    handle('device.code', ({ hub }) => void showCode(hub, store.user(user).name, socket.handshake.address, user))
    handle('device.check', ({ hub: serial, code }) => {
      const hub = checkCode(serial, code)
      const place = homes.places.get(hub.place) ?? homes.addPlace(hub.name, store.user(user))
      homes.addMember(place, store.user(user))
      hub.place = place.id
      homes.note(place.id, 'paired', { hub: serial, person: user })
      tell.place(place, 'place.changed', place)
      return { token: tokenOf(serial), hub: homes.viewHub(hub, false) }
    })
    handle('device.rename_place', ({ place: id, name }) => {
      const place = Object.assign(homes.owned(id, user), { name })
      tell.place(place, 'place.changed', place)
      return place
    })
    handle('device.invite', ({ place, role }) => {
      homes.owned(place, user)
      const secret = randomUUID()
      homes.invitations.set(secret, { place, role })
      homes.note(place, 'invited', { person: user })
      return { secret }
    })
    handle('device.join', ({ secret }) => {
      const { place: id, role } = homes.invitations.get(secret) ?? {}
      if (!homes.invitations.delete(secret)) throw new Problem(404, 'not_found')
      const place = homes.places.get(id)
      homes.addMember(place, store.user(user), role)
      homes.note(id, 'joined', { person: user })
      tell.place(place, 'place.changed', place)
      return place
    })
    handle('device.set_role', ({ place: id, person, role }) => {
      const place = homes.owned(id, user)
      place.members.find((m) => m.person === person).role = role
      tell.place(place, 'place.changed', place)
    })
    handle('device.remove_member', ({ place: id, person }) => {
      const place = person === user ? homes.placeOf(id, user) : homes.owned(id, user)
      place.members = place.members.filter((m) => m.person !== person)
      homes.note(id, 'member_removed', { person: user, detail: person })
      ns.to(`person:${person}`).emit('place.gone', { id })
      tell.place(place, 'place.changed', place)
    })
    handle('device.delete_place', ({ place: id }) => {
      const place = homes.owned(id, user)
      tell.place(place, 'place.gone', { id })
      homes.places.delete(id)
      for (const hub of homes.hubs.values()) if (hub.place === id) hub.place = ''
    })
    handle('device.remove_hub', ({ hub: serial }) => {
      const hub = homes.hub(serial)
      const place = homes.owned(hub.place, user)
      tell.home(hub, 'hub.gone', { serial, place: place.id })
      hub.place = ''
    })
    handle('device.unpair', () => {
      if (!guest) return
      guests.delete(socket.handshake.auth.token)
      setTimeout(() => socket.disconnect(true))
    })
    handle('device.audit', ({ place, before, limit }) => {
      homes.owned(place, user)
      const found = homes.audit.filter((entry) => entry.place === place && (!before || entry.id < before)).reverse()
      return { entries: found.slice(0, limit) }
    })
  })

  /** What is asked over HTTP; undefined: nothing of this. */
  function answer(req, url, body, me) {
    switch (`${req.method} ${url.pathname}`) {
      case 'GET /code':
        showCode(homes.box?.serial, '', req.socket.remoteAddress)
        return [200, { success: true }]
      case 'POST /codecheck':
        try {
          const token = tokenOf(checkCode(homes.box?.serial, req.headers.code).serial)
          guests.set(token, homes.box.serial)
          return [201, { success: true, token }]
        } catch (err) {
          return [err.status, { success: false, message: err.code === 'code_wrong' ? '잘못된 인증코드' : '만료된 코드' }]
        }
      case 'GET /oauth/device': {
        const found = homes.grants.get(url.searchParams.get('user_code'))
        if (!me()) throw new Problem(401, 'unauthenticated')
        if (!found) throw new Problem(404, 'not_found')
        return [200, found]
      }
      case 'POST /oauth/device':
        if (!me()) throw new Problem(401, 'unauthenticated')
        for (const [code, one] of homes.grants) if (one.request === body.request) homes.grants.delete(code)
        homes.decided = body
        return [200, { hub: {}, approved: body.approve }]
    }
  }

  /** What the pages are told: see Pages.Devices of package web. */
  const told = () => new URLSearchParams(homes.box ? { mode: 'home', serial: homes.box.serial, guest: '1' } : { mode: 'cloud' }).toString().replaceAll('&', '&amp;')
  return { change, end, online, alarm, showCode, clear, answer, told }
}
