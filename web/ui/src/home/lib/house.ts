// What a page knows of homes, and how that changes by what it is told. No clock, no network: whoever calls brings both.

import type { CommandView, DeviceView, HubView, MemberView, PlaceView, Value, Values } from './wire'

/** A wish on its way, as this page knows it. */
export interface Ask {
  /** The page's own name for it; empty: somebody else's. */
  key: string
  /** The server's name for it, once it has one. */
  id: string
  set: Values
  /** `asking`: the server has not answered; `done`: the device's own word is awaited. */
  state: 'asking' | 'queued' | 'sent' | 'done'
  /** Until when it may wait, in milliseconds; 0: not known. */
  until: number
}

/** Why what somebody wished for here did not come about. */
export interface Trouble {
  code: string
  note: string
}

export interface Thing extends DeviceView {
  /** The oldest first. */
  asks: Ask[]
  trouble?: Trouble
}

export interface Box {
  serial: string
  name: string
  place: string
  placeName: string
  online: boolean
  seenAt: string
}

export interface Place {
  id: string
  name: string
  members: MemberView[]
}

export interface House {
  /** Whose commands' failures are told; null: everybody's. */
  me: string | null
  loaded: boolean
  places: Map<string, Place>
  /** By serial. */
  boxes: Map<string, Box>
  /** By thingKey. */
  things: Map<string, Thing>
  /** Ids of commands that have ended: their late answers are no news. */
  ended: Set<string>
}

const MAX_ENDED = 200

export const thingKey = (hub: string, device: string) => `${hub} ${device}`

export function newHouse(me: string | null): House {
  return { me, loaded: false, places: new Map(), boxes: new Map(), things: new Map(), ended: new Set() }
}

/** Everything there is, in place of what was known: but what events have said meanwhile is newer, and stays. */
export function takePlaces(house: House, views: readonly PlaceView[]): void {
  const hubs = views.flatMap((place) => place.hubs ?? [])
  keepOnly(house.places, new Set(views.map((place) => place.id)))
  for (const place of views) putPlace(house, place)
  takeHubs(house, hubs)
}

/** All boxes there are, with all of their devices. */
export function takeHubs(house: House, views: readonly HubView[]): void {
  keepOnly(house.boxes, new Set(views.map((hub) => hub.serial)))
  keepOnly(house.things, new Set(views.flatMap((hub) => (hub.devices ?? []).map((one) => thingKey(hub.serial, one.id)))))
  for (const hub of views) {
    putBox(house, hub)
    for (const device of hub.devices ?? []) putThing(house, device)
    for (const thing of thingsOf(house, hub.serial)) {
      // Wishes that the server does not know of any more have ended while nobody was told.
      thing.asks = thing.asks.filter((ask) => ask.state === 'asking')
    }
    for (const command of hub.commands ?? []) putCommand(house, command)
  }
  house.loaded = true
}

function keepOnly<V>(map: Map<string, V>, keys: ReadonlySet<string>): void {
  for (const key of [...map.keys()]) if (!keys.has(key)) map.delete(key)
}

function putPlace(house: House, view: PlaceView): void {
  house.places.set(view.id, { id: view.id, name: view.name, members: view.members ?? [] })
}

function putBox(house: House, view: HubView): void {
  const known = house.boxes.get(view.serial)
  if (known && Date.parse(known.seenAt) > Date.parse(view.seen_at)) return
  house.boxes.set(view.serial, {
    serial: view.serial,
    name: view.name,
    place: view.place,
    placeName: view.place_name ?? known?.placeName ?? '',
    online: view.online,
    seenAt: view.seen_at,
  })
}

function putThing(house: House, view: DeviceView): void {
  const key = thingKey(view.hub, view.id)
  const known = house.things.get(key)
  if (!known) {
    house.things.set(key, { ...view, asks: [] })
    return
  }
  if (view.rev < known.rev) return
  // A wish that was carried out has done its part when the device has spoken.
  const asks = view.version > known.version ? known.asks.filter((ask) => ask.state !== 'done') : known.asks
  Object.assign(known, view, { asks })
}

export function thingsOf(house: House, hub: string): Thing[] {
  return [...house.things.values()].filter((thing) => thing.hub === hub)
}

/** An event. True: the page does not know enough to use it, and has to ask for everything again. */
export function hear(house: House, name: string, data: unknown): boolean {
  switch (name) {
    case 'place.changed': {
      const view = data as PlaceView
      const known = house.places.has(view.id)
      putPlace(house, view)
      return !known
    }
    case 'place.gone': {
      const { id } = data as { id: string }
      house.places.delete(id)
      for (const box of [...house.boxes.values()]) if (box.place === id) dropBox(house, box.serial)
      return false
    }
    case 'hub.gone':
      dropBox(house, (data as { serial: string }).serial)
      return false
    case 'hub.changed': {
      // It may have other devices than it had, too.
      putBox(house, data as HubView)
      return true
    }
    case 'device.changed': {
      const view = data as DeviceView
      if (!house.boxes.has(view.hub)) return true
      putThing(house, view)
      return false
    }
    case 'command.changed':
      putCommand(house, data as CommandView)
      return false
  }
  return false
}

function dropBox(house: House, serial: string): void {
  house.boxes.delete(serial)
  for (const thing of thingsOf(house, serial)) house.things.delete(thingKey(serial, thing.id))
}

/** Somebody here wishes something of a device. */
export function beginAsk(house: House, hub: string, device: string, set: Values, key: string): void {
  const thing = house.things.get(thingKey(hub, device))
  if (!thing) return
  thing.trouble = undefined
  thing.asks = [...thing.asks, { key, id: '', set, state: 'asking', until: 0 }]
}

/** The server's answer to it. */
export function askAnswered(house: House, key: string, command: CommandView): void {
  const thing = house.things.get(thingKey(command.hub, command.device))
  const ask = thing?.asks.find((one) => one.key === key)
  if (!thing || !ask) return
  // The command's own event may have come before.
  thing.asks = thing.asks.filter((one) => one === ask || one.id !== command.id)
  ask.id = command.id
  if (house.ended.has(command.id)) thing.asks = thing.asks.filter((one) => one !== ask)
  else putCommand(house, command)
}

/** The server did not take it, or nobody knows whether it did. */
export function askFailed(house: House, hub: string, device: string, key: string, code: string): void {
  const thing = house.things.get(thingKey(hub, device))
  if (!thing) return
  thing.asks = thing.asks.filter((one) => one.key !== key)
  thing.trouble = { code, note: '' }
}

function putCommand(house: House, command: CommandView): void {
  const thing = house.things.get(thingKey(command.hub, command.device))
  if (command.state === 'queued' || command.state === 'sent') {
    if (!thing || house.ended.has(command.id)) return
    let ask = thing.asks.find((one) => one.id === command.id)
    if (!ask) {
      ask = { key: '', id: command.id, set: command.set, state: command.state, until: 0 }
      thing.asks = [...thing.asks, ask]
      ask = thing.asks.at(-1) ?? ask
    }
    ask.state = command.state
    ask.until = command.expires_at ? Date.parse(command.expires_at) : 0
    return
  }
  if (house.ended.has(command.id)) return
  remember(house, command.id)
  if (!thing) return
  const mine = house.me === null || command.person === house.me || thing.asks.some((one) => one.id === command.id && one.key !== '')
  if (command.state === 'done') {
    // Until the device itself says so, which is about to come, what was wished for is what is.
    for (const ask of thing.asks) if (ask.id === command.id) ask.state = 'done'
    return
  }
  thing.asks = thing.asks.filter((one) => one.id !== command.id)
  if (mine) thing.trouble = { code: command.state, note: command.note ?? '' }
}

function remember(house: House, id: string): void {
  house.ended.add(id)
  if (house.ended.size <= MAX_ENDED) return
  for (const oldest of house.ended) {
    house.ended.delete(oldest)
    return
  }
}

/** Wishes that were carried out are forgotten: the device has had its time to say so. */
export function letGo(house: House, id: string): void {
  for (const thing of house.things.values()) {
    if (thing.asks.some((ask) => ask.id === id)) thing.asks = thing.asks.filter((ask) => ask.id !== id || ask.state !== 'done')
  }
}

/** What went wrong was said long enough, if nothing has gone wrong since. */
export function forgive(house: House, hub: string, device: string, trouble: Trouble | undefined): void {
  const thing = house.things.get(thingKey(hub, device))
  if (thing?.trouble && thing.trouble.code === trouble?.code && thing.trouble.note === trouble.note) thing.trouble = undefined
}

/** How a property of a device is shown: as it is wished for, if it is, and how far that has come. */
export interface Shown {
  value: Value | undefined
  /** Empty: it is so, as far as is known. */
  state: '' | 'asking' | 'sent' | 'queued'
  until: number
}

export function shown(thing: Thing, name: string, online: boolean): Shown {
  const ask = thing.asks.findLast((one) => name in one.set)
  if (ask) return { value: ask.set[name], state: ask.state === 'done' ? '' : ask.state, until: ask.until }
  const wished = thing.desired?.[name]
  if (wished !== undefined) return { value: wished, state: online ? 'sent' : 'queued', until: 0 }
  return { value: thing.reported?.[name], state: '', until: 0 }
}

/** How far the wishes for a device have come, the one that waits longest first. */
export function standing(thing: Thing, online: boolean): Omit<Shown, 'value'> {
  const names = new Set([...thing.asks.flatMap((ask) => Object.keys(ask.set)), ...Object.keys(thing.desired ?? {})])
  const all = [...names].map((name) => shown(thing, name, online))
  const found = (['queued', 'asking', 'sent'] as const).map((state) => all.find((one) => one.state === state)).find(Boolean)
  return { state: found?.state ?? '', until: found?.until ?? 0 }
}
