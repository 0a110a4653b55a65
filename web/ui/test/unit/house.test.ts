import { beforeEach, describe, expect, it } from 'vitest'
import * as h from '../../src/home/lib/house'
import type { CommandView, DeviceView, HubView, PlaceView } from '../../src/home/lib/wire'

const lamp = (more: Partial<DeviceView> = {}): DeviceView => ({
  hub: 'B1', id: 'lamp', name: '거실 조명', capabilities: ['switch', 'dimmer'], reported: { on: false, level: 40 }, version: 1, desired: {}, rev: 1, ...more,
})
const box = (more: Partial<HubView> = {}): HubView => ({ serial: 'B1', name: '월패드', place: 'p1', online: true, seen_at: '2026-01-01T00:00:00Z', devices: [lamp()], ...more })
const home = (more: Partial<PlaceView> = {}): PlaceView => ({ id: 'p1', name: '우리 집', members: [{ person: 'me', name: '나', role: 'owner' }], hubs: [box()], ...more })
const command = (more: Partial<CommandView> = {}): CommandView => ({
  id: 'c1', hub: 'B1', device: 'lamp', person: 'me', set: { on: true }, state: 'sent', created_at: '2026-01-01T00:00:00Z', ...more,
})

let house: h.House
const thing = () => house.things.get(h.thingKey('B1', 'lamp')) as h.Thing
const on = () => h.shown(thing(), 'on', house.boxes.get('B1')?.online ?? false)

beforeEach(() => {
  house = h.newHouse('me')
  h.takePlaces(house, [home()])
})

describe('a wish', () => {
  it('shows at once, and says how far it has come', () => {
    expect(on()).toEqual({ value: false, state: '', until: 0 })
    h.beginAsk(house, 'B1', 'lamp', { on: true }, 'k1')
    expect(on()).toMatchObject({ value: true, state: 'asking' })
    h.askAnswered(house, 'k1', command())
    expect(on()).toMatchObject({ value: true, state: 'sent' })
    expect(h.standing(thing(), true).state).toBe('sent')
    h.hear(house, 'command.changed', command({ state: 'done' }))
    expect(on(), 'until the device has spoken').toMatchObject({ value: true, state: '' })
    h.hear(house, 'device.changed', lamp({ reported: { on: true, level: 40 }, version: 2, rev: 3 }))
    expect(on()).toEqual({ value: true, state: '', until: 0 })
    expect(thing().asks).toEqual([])
  })

  it('goes back to what is when the device refuses, with the reason', () => {
    h.beginAsk(house, 'B1', 'lamp', { on: true }, 'k1')
    h.askAnswered(house, 'k1', command())
    h.hear(house, 'command.changed', command({ state: 'refused', note: '전구 없음' }))
    expect(on()).toMatchObject({ value: false, state: '' })
    expect(thing().trouble).toEqual({ code: 'refused', note: '전구 없음' })
    h.beginAsk(house, 'B1', 'lamp', { on: true }, 'k2')
    expect(thing().trouble).toBeUndefined()
  })

  it('is let go when the device never says what its hub has said', () => {
    h.beginAsk(house, 'B1', 'lamp', { on: true }, 'k1')
    h.askAnswered(house, 'k1', command())
    h.hear(house, 'command.changed', command({ state: 'done' }))
    h.letGo(house, 'c1')
    expect(on().value).toBe(false)
  })

  it('waits for a hub that is away, as long as it says', () => {
    h.hear(house, 'hub.changed', box({ online: false, seen_at: '2026-01-01T00:01:00Z' }))
    h.beginAsk(house, 'B1', 'lamp', { on: true }, 'k1')
    h.askAnswered(house, 'k1', command({ state: 'queued', expires_at: '2026-01-01T00:11:00Z' }))
    expect(on()).toEqual({ value: true, state: 'queued', until: Date.parse('2026-01-01T00:11:00Z') })
    h.hear(house, 'command.changed', command({ state: 'expired' }))
    expect(on()).toMatchObject({ value: false, state: '' })
    expect(thing().trouble?.code).toBe('expired')
  })

  it('whose end was heard before its answer has ended', () => {
    h.beginAsk(house, 'B1', 'lamp', { on: true }, 'k1')
    h.hear(house, 'command.changed', command())
    h.hear(house, 'command.changed', command({ state: 'refused' }))
    h.askAnswered(house, 'k1', command())
    expect(on()).toMatchObject({ value: false, state: '' })
  })

  it('is one, whether its event or its answer comes first', () => {
    h.beginAsk(house, 'B1', 'lamp', { on: true }, 'k1')
    h.hear(house, 'command.changed', command())
    h.askAnswered(house, 'k1', command())
    expect(thing().asks).toHaveLength(1)
  })

  it('that nobody took says so, and nothing else is shown than what is', () => {
    h.beginAsk(house, 'B1', 'lamp', { on: true }, 'k1')
    h.askFailed(house, 'B1', 'lamp', 'k1', 'hub_away')
    expect(on()).toMatchObject({ value: false, state: '' })
    expect(thing().trouble).toEqual({ code: 'hub_away', note: '' })
    h.forgive(house, 'B1', 'lamp', { code: 'network', note: '' })
    expect(thing().trouble).toBeDefined()
    h.forgive(house, 'B1', 'lamp', { code: 'hub_away', note: '' })
    expect(thing().trouble).toBeUndefined()
  })

  it('of somebody else is shown, but not that it failed', () => {
    h.hear(house, 'command.changed', command({ person: 'you' }))
    expect(on()).toMatchObject({ value: true, state: 'sent' })
    h.hear(house, 'command.changed', command({ person: 'you', state: 'refused' }))
    expect(thing().trouble).toBeUndefined()
    house.me = null
    h.hear(house, 'command.changed', command({ id: 'c2', person: 'you', state: 'refused' }))
    expect(thing().trouble?.code).toBe('refused')
  })

  it('that the server knows without a command is shown, too', () => {
    h.hear(house, 'device.changed', lamp({ desired: { on: true }, rev: 2 }))
    expect(on()).toMatchObject({ value: true, state: 'sent' })
    h.hear(house, 'hub.changed', box({ online: false, seen_at: '2026-01-01T00:01:00Z' }))
    expect(on()).toMatchObject({ value: true, state: 'queued' })
  })

  it('the last one of a property counts', () => {
    h.beginAsk(house, 'B1', 'lamp', { level: 10 }, 'k1')
    h.beginAsk(house, 'B1', 'lamp', { level: 90 }, 'k2')
    expect(h.shown(thing(), 'level', true).value).toBe(90)
    h.askFailed(house, 'B1', 'lamp', 'k2', 'too_many')
    expect(h.shown(thing(), 'level', true).value).toBe(10)
  })
})

describe('what is heard', () => {
  it('older news of a device never replaces newer', () => {
    h.hear(house, 'device.changed', lamp({ reported: { on: true }, version: 3, rev: 5 }))
    h.hear(house, 'device.changed', lamp({ reported: { on: false }, version: 2, rev: 4 }))
    expect(on().value).toBe(true)
    h.takePlaces(house, [home()])
    expect(on().value, 'nor does an answer that was on its way').toBe(true)
  })

  it('an older coming or going of a hub does not, either', () => {
    h.hear(house, 'hub.changed', box({ online: false, seen_at: '2026-01-02T00:00:00Z' }))
    h.takePlaces(house, [home()])
    expect(house.boxes.get('B1')?.online).toBe(false)
  })

  it('what the page does not know makes it ask again', () => {
    expect(h.hear(house, 'place.changed', home({ id: 'p2' }))).toBe(true)
    expect(h.hear(house, 'place.changed', home({ name: '새 이름' }))).toBe(false)
    expect(house.places.get('p1')?.name).toBe('새 이름')
    expect(h.hear(house, 'device.changed', lamp({ hub: 'B9' }))).toBe(true)
    expect(h.hear(house, 'hub.changed', box())).toBe(true)
    expect(h.hear(house, 'device.changed', lamp({ id: 'new' }))).toBe(false)
    expect(h.thingsOf(house, 'B1').map((one) => one.id)).toEqual(['lamp', 'new'])
    expect(h.hear(house, 'unknown', {})).toBe(false)
  })

  it('what is gone is gone, with its devices', () => {
    h.hear(house, 'hub.gone', { serial: 'B1', place: 'p1' })
    expect([house.boxes.size, house.things.size, house.places.size]).toEqual([0, 0, 1])
    h.takePlaces(house, [home()])
    h.hear(house, 'place.gone', { id: 'p1' })
    expect([house.boxes.size, house.things.size, house.places.size]).toEqual([0, 0, 0])
  })
})

describe('after a reconnect', () => {
  it('only what the server knows is shown', () => {
    h.beginAsk(house, 'B1', 'lamp', { on: true }, 'k1')
    h.askAnswered(house, 'k1', command())
    h.takePlaces(house, [home({ hubs: [box({ devices: [lamp({ reported: { on: false, level: 7 }, version: 4, rev: 9 })] })] })])
    expect(on()).toEqual({ value: false, state: '', until: 0 })
    expect(h.shown(thing(), 'level', true).value).toBe(7)
  })

  it('wishes that are still open are there again, with how long they wait', () => {
    h.takePlaces(house, [home({ hubs: [box({ commands: [command({ state: 'queued', expires_at: '2026-01-01T00:09:00Z' })] })] })])
    expect(on()).toEqual({ value: true, state: 'queued', until: Date.parse('2026-01-01T00:09:00Z') })
  })

  it('places, hubs and devices that are not there any more are not shown', () => {
    h.takePlaces(house, [home({ hubs: [box({ devices: null })] })])
    expect(house.things.size).toBe(0)
    h.takePlaces(house, [])
    expect([house.places.size, house.boxes.size]).toEqual([0, 0])
  })
})

it('remembers a bounded number of commands that have ended', () => {
  for (let n = 0; n < 500; n++) h.hear(house, 'command.changed', command({ id: `c${n}`, state: 'done' }))
  expect(house.ended.size).toBe(200)
  expect(house.ended.has('c499')).toBe(true)
})
