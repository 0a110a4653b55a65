import { describe, expect, it } from 'vitest'
import { hyphened, letters } from '../../src/account/lib/code'
import { whereFrom } from '../../src/home/lib/address'
import { kindOfActor, readOrder } from '../../src/home/lib/audit'
import type { Thing } from '../../src/home/lib/house'
import { withParticles } from '../../src/home/lib/josa'
import * as things from '../../src/home/lib/things'
import type { Capability, Values } from '../../src/home/lib/wire'
import { readFeature } from '../../src/lib/feature'

const thing = (capabilities: Capability[], name = 'x', reported: Values = {}, id = 'x'): Thing => ({
  hub: 'B1', id, name, capabilities, reported, version: 1, desired: {}, rev: 1, asks: [],
})

describe('devices', () => {
  it.each<[Capability[], string, things.Kind]>([
    [['switch'], '주방 조명', 'light'],
    [['switch', 'dimmer'], '거실', 'light'],
    [['switch'], '콘센트', 'switch'],
    [['switch'], 'Lamp plug', 'switch'],
    [['switch'], '가습기', 'switch'],
    [['dimmer'], '블라인드', 'cover'],
    [['thermostat'], '난방', 'climate'],
    [['lock'], '현관', 'lock'],
    [['sensor'], '온도', 'sensor'],
    [[], '?', 'sensor'],
  ])('%o called %s is a %s', (capabilities, name, kind) => {
    expect(things.kindOf(thing(capabilities, name))).toBe(kind)
  })

  it('say what they measure, the most telling first, without what their controls show', () => {
    const all = things.readings(thing(['thermostat'], 'x', { battery: 80, mode: 'heat', target: 21, temperature: 19.5, zeta: 'a' }))
    expect(all.map((one) => one.name)).toEqual(['temperature', 'battery', 'zeta'])
  })

  it('stand in order: what gives light first, what measures last, by name as people count', () => {
    const all = [thing(['sensor'], 'a'), thing(['switch'], '조명 10'), thing(['switch'], '조명 2'), thing(['lock'], 'a')]
    expect(things.inOrder(all, new Intl.Collator('ko', { numeric: true }).compare).map((one) => one.name)).toEqual(['조명 2', '조명 10', 'a', 'a'])
  })

  it('take targets in half degrees within bounds', () => {
    expect(things.stepped(20, 1)).toBe(20.5)
    expect(things.stepped(20.3, 1)).toBe(21)
    expect(things.stepped(35, 1)).toBe(35)
    expect(things.stepped(5, -1)).toBe(5)
  })
})

describe('times and codes', () => {
  it('count down in minutes and seconds', () => {
    expect([180_000, 65_000, 900, 0, -5].map(things.countdown)).toEqual(['3:00', '1:05', '0:01', '0:00', '0:00'])
    expect([things.minutesLeft(600_000, 0), things.minutesLeft(1, 0), things.minutesLeft(0, 5)]).toEqual([10, 1, 1])
  })

  it('stand in two groups', () => {
    expect(things.inGroups('482913')).toEqual(['482', '913'])
    expect(things.inGroups('WDJBMJHT')).toEqual(['WDJB', 'MJHT'])
    expect(hyphened(letters(' wdjb mjht zz'))).toBe('WDJB-MJHT')
    expect(hyphened(letters('aeiou wd'))).toBe('WD')
  })
})

describe('the token of a pairing', () => {
  const token = (claims: object) => `x.${btoa(JSON.stringify(claims)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.y`
  it('names its hub as long as it is good', () => {
    expect(things.serialOf(token({ api_serial: 'B1', exp: Date.now() / 1000 + 60 }))).toBe('B1')
    expect(things.serialOf(token({ api_serial: 'B1', exp: Date.now() / 1000 - 60 }))).toBe('')
    expect(things.serialOf(token({ exp: 1e12 }))).toBe('')
    expect(things.serialOf('nonsense')).toBe('')
  })
})

it('orders of the log are read as they were written', () => {
  expect(readOrder('level=60 on=true')).toEqual({ level: 60, on: true })
  expect(readOrder('mode=heat target=21.5')).toEqual({ mode: 'heat', target: 21.5 })
  expect(readOrder('')).toEqual({})
  expect(['box:B1', 'guest:7', '', undefined, 'server:link', '12'].map(kindOfActor)).toEqual(['box', 'guest', 'server', 'server', 'server', 'person'])
})

it('addresses are of the house or of anywhere', () => {
  const all = ['127.0.0.1', '::1', '192.168.0.4', '10.1.2.3', '172.20.0.1', '172.40.0.1', 'fd12::1', 'fe80::1%eth0', '::ffff:192.168.0.4', '203.0.113.7', '2001:db8::1']
  expect(all.map(whereFrom)).toEqual(['here', 'here', 'house', 'house', 'house', 'far', 'house', 'house', 'house', 'far', 'far'])
})

it('Korean particles follow the name before them', () => {
  const all = ['현관을(를) 엽니다', '거실 블라인드을(를)', '‘우리 집’을(를)', 'Box 7이(가)', 'B2은(는)', '(집)을(를)']
  expect(all.map(withParticles)).toEqual(['현관을 엽니다', '거실 블라인드를', '‘우리 집’을', 'Box 7이', 'B2는', '(집)을'])
})

it('what the server says of devices is read from the page', () => {
  expect(readFeature('')).toBeNull()
  expect(readFeature('mode=moon')).toBeNull()
  expect(readFeature('mode=cloud')).toEqual({ mode: 'cloud', serial: '', format: 'digits-6', guest: false })
  expect(readFeature('format=base20-8&guest=1&mode=home&serial=B-1')).toEqual({ mode: 'home', serial: 'B-1', format: 'base20-8', guest: true })
})
