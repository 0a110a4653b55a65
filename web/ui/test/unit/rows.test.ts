import { describe, expect, it } from 'vitest'
import { buildRows, type MessageRow } from '../../src/lib/rows'
import type { Message } from '../../src/lib/wire'

const ME = 'me'
const at = (day: number, minute: number) => new Date(2026, 10, day, 15, minute).toISOString()
const msg = (seq: number, sender: string, created_at: string, nonce?: string): Message => ({
  room: '1',
  seq,
  text: `m${seq}`,
  sender,
  created_at,
  nonce,
})
const shape = (rows: ReturnType<typeof buildRows>) =>
  rows.map((row) => (row.kind === 'message' ? `${row.text}${row.first ? '<' : ''}${row.last ? '>' : ''}` : row.kind))

describe('rows', () => {
  it('begin each day with its name', () => {
    expect(shape(buildRows([msg(1, 'a', at(21, 0)), msg(2, 'a', at(22, 0))], [], ME))).toEqual(['day', 'm1<>', 'day', 'm2<>'])
  })

  it('group what one person says in a few minutes', () => {
    const items = [msg(1, 'a', at(22, 0)), msg(2, 'a', at(22, 1)), msg(3, 'b', at(22, 1)), msg(4, 'b', at(22, 20))]
    expect(shape(buildRows(items, [], ME))).toEqual(['day', 'm1<', 'm2>', 'm3<>', 'm4<>'])
  })

  it('put the unread line before the first message of somebody else', () => {
    const items = [msg(1, 'a', at(22, 0)), msg(2, ME, at(22, 1)), msg(3, 'a', at(22, 2)), msg(4, 'a', at(22, 2))]
    expect(shape(buildRows(items, [], ME, 1))).toEqual(['day', 'm1<>', 'm2<>', 'unread', 'm3<', 'm4>'])
  })

  it('have no unread line when nothing follows it', () => {
    expect(shape(buildRows([msg(1, 'a', at(22, 0))], [], ME, 1))).toEqual(['day', 'm1<>'])
  })

  it('keep the key of an own message when it is confirmed', () => {
    const out = { nonce: 'n', text: 'hi', created_at: at(22, 0), state: 'sending' as const }
    const before = buildRows([], [out], ME)[1] as MessageRow
    const after = buildRows([msg(1, ME, at(22, 0), 'n')], [], ME)[1] as MessageRow
    expect(after.key).toBe(before.key)
  })

  it('have different keys', () => {
    const items = [msg(1, 'a', at(21, 0)), msg(2, ME, at(21, 1), 'x'), msg(3, ME, at(22, 1)), msg(4, 'a', at(22, 2))]
    const keys = buildRows(items, [], ME, 2).map((row) => row.key)
    expect(new Set(keys).size).toBe(keys.length)
  })
})
