// What a device is for people: which tile it has, and what it says of itself.

import type { Thing } from './house'
import type { Capability, Value } from './wire'

export type Kind = 'light' | 'switch' | 'cover' | 'climate' | 'lock' | 'sensor'

const LAMP = /lamp|light|bulb|전등|조명|등$|램프|무드등|스탠드/i
const PLUG = /plug|outlet|socket|콘센트|플러그|멀티탭/i

export function can(thing: Thing, capability: Capability): boolean {
  return thing.capabilities?.includes(capability) ?? false
}

/** What a device is. What merely switches is a lamp if it is called one. */
export function kindOf(thing: Thing): Kind {
  if (can(thing, 'lock')) return 'lock'
  if (can(thing, 'thermostat')) return 'climate'
  if (can(thing, 'switch')) {
    const name = `${thing.id} ${thing.name}`
    if (PLUG.test(name)) return 'switch'
    return can(thing, 'dimmer') || LAMP.test(name) ? 'light' : 'switch'
  }
  return can(thing, 'dimmer') ? 'cover' : 'sensor'
}

/** Properties that a tile shows by its controls. */
const CONTROLS = ['on', 'level', 'target', 'mode', 'locked']

export interface Reading {
  name: string
  value: Value
}

/** What a device measures, the most telling first. */
export function readings(thing: Thing): Reading[] {
  return Object.entries(thing.reported ?? {})
    .filter(([name]) => !CONTROLS.includes(name) || can(thing, 'sensor'))
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name))
}

const ORDER = ['temperature', 'open', 'motion', 'humidity', 'smoke', 'water', 'power', 'battery']
const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)

/** Units of what is measured, as far as there is a usual one. */
export const UNITS: Record<string, string> = { temperature: '°', target: '°', humidity: '%', battery: '%', level: '%', power: ' W', illuminance: ' lx', co2: ' ppm' }

export const MODES = ['off', 'heat', 'cool', 'auto'] as const
export const TARGET = { least: 5, most: 35, step: 0.5 } as const

/** A target one step away, within what a thermostat takes. */
export function stepped(target: number, steps: number): number {
  const next = Math.round((target + steps * TARGET.step) / TARGET.step) * TARGET.step
  return Math.min(TARGET.most, Math.max(TARGET.least, next))
}

/** How long a wish may still wait, for people: in minutes, at least one. */
export function minutesLeft(until: number, now: number): number {
  return Math.max(1, Math.round((until - now) / 60_000))
}

/** 1:05 */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** A code in two groups, as people read and say it. */
export function inGroups(code: string): string[] {
  const half = Math.ceil(code.length / 2)
  return [code.slice(0, half), code.slice(half)]
}

/** The serial that a pairing's token names, which is what it is good for; empty: it is none. */
export function serialOf(token: string): string {
  try {
    const payload = token.split('.')[1] ?? ''
    const claims = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { api_serial?: unknown; exp?: unknown }
    if (typeof claims.exp === 'number' && claims.exp * 1000 <= Date.now()) return ''
    return typeof claims.api_serial === 'string' ? claims.api_serial : ''
  } catch {
    return ''
  }
}

const ORDER_OF_KINDS: Kind[] = ['light', 'switch', 'cover', 'climate', 'lock', 'sensor']

/** Devices as they stand on a page: lamps first, what only measures last. */
export function inOrder(things: Thing[], compare: (a: string, b: string) => number): Thing[] {
  const rankOf = (thing: Thing) => ORDER_OF_KINDS.indexOf(kindOf(thing))
  return things.toSorted((a, b) => rankOf(a) - rankOf(b) || compare(a.name, b.name) || compare(a.id, b.id))
}
