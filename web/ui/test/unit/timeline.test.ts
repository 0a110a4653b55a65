import { describe, expect, it } from 'vitest'
import { addAfter, addBefore, addLive, addNewest, newTimeline, restart, type Timeline } from '../../src/lib/timeline'
import type { Message } from '../../src/lib/wire'

const ME = 'me'
const msg = (seq: number, more: Partial<Message> = {}): Message => ({
  room: '1',
  seq,
  text: `m${seq}`,
  sender: 'other',
  created_at: new Date(seq * 1000).toISOString(),
  ...more,
})
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => msg(from + n))
const seqs = (line: Timeline) => line.items.map((item) => item.seq)

function loaded(from: number, to: number, older = from > 1): Timeline {
  const line = newTimeline()
  addNewest(line, range(from, to), older, ME)
  return line
}

describe('live messages', () => {
  it('continue the timeline', () => {
    const line = loaded(1, 3)
    expect(addLive(line, msg(4), ME)).toEqual({ added: true, gap: false })
    expect(line.synced).toBe(4)
  })

  it('are taken once, however often they come', () => {
    const line = loaded(1, 3)
    addLive(line, msg(4), ME)
    expect(addLive(line, msg(4), ME)).toEqual({ added: false, gap: false })
    expect(seqs(line)).toEqual([1, 2, 3, 4])
  })

  it('show a gap, which a catch-up closes', () => {
    const line = loaded(1, 3)
    expect(addLive(line, msg(6), ME)).toEqual({ added: true, gap: true })
    expect(line.synced).toBe(3)
    addAfter(line, range(4, 6), ME)
    expect(seqs(line)).toEqual([1, 2, 3, 4, 5, 6])
    expect(line.synced).toBe(6)
  })

  it('that arrive out of order close a gap by themselves', () => {
    const line = loaded(1, 3)
    addLive(line, msg(5), ME)
    expect(addLive(line, msg(4), ME)).toEqual({ added: true, gap: false })
    expect(line.synced).toBe(5)
  })

  it('that arrive before the first page are kept', () => {
    const line = newTimeline()
    expect(addLive(line, msg(51), ME).gap).toBe(false)
    addNewest(line, range(1, 50), false, ME)
    expect(line.synced).toBe(51)
    expect(seqs(line)).toHaveLength(51)
  })

  it('older than the oldest page do not tear a hole', () => {
    const line = loaded(51, 100)
    expect(addLive(line, msg(7), ME)).toEqual({ added: false, gap: false })
    expect(seqs(line)[0]).toBe(51)
  })

  it('begin an empty room', () => {
    const line = newTimeline()
    addNewest(line, [], false, ME)
    expect(addLive(line, msg(1), ME)).toEqual({ added: true, gap: false })
  })
})

describe('pages', () => {
  it('before the first message come in front', () => {
    const line = loaded(51, 100)
    addBefore(line, range(1, 50), false)
    expect(seqs(line)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1))
    expect(line.older).toBe(false)
  })

  it('that overlap change nothing', () => {
    const line = loaded(1, 10)
    addAfter(line, range(8, 12), ME)
    expect(seqs(line)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1))
  })

  it('without messages end the paging', () => {
    const line = loaded(51, 60)
    addBefore(line, [], true)
    expect(line.older).toBe(false)
  })

  it('after a restart begin anew, with what is still to be sent', () => {
    const line = loaded(1, 10)
    line.outgoing.push({ nonce: 'n', text: 't', created_at: '', state: 'sending' })
    restart(line)
    expect([line.items.length, line.loaded, line.outgoing.length]).toEqual([0, false, 1])
  })
})

describe('own messages', () => {
  const writing = () => {
    const line = loaded(1, 1)
    line.outgoing.push({ nonce: 'n1', text: 'hi', created_at: '', state: 'sending' })
    return line
  }

  it.each([
    ['their event', (line: Timeline) => void addLive(line, msg(2, { sender: ME, nonce: 'n1' }), ME)],
    ['a catch-up', (line: Timeline) => addAfter(line, [msg(2, { sender: ME, nonce: 'n1' })], ME)],
    ['the newest page', (line: Timeline) => addNewest(line, [msg(2, { sender: ME, nonce: 'n1' })], false, ME)],
  ])('are confirmed by %s', (_, confirm) => {
    const line = writing()
    confirm(line)
    expect(line.outgoing).toEqual([])
    expect(seqs(line)).toEqual([1, 2])
  })

  it('are not confirmed by somebody else’s nonce', () => {
    const line = writing()
    addLive(line, msg(2, { nonce: 'n1' }), ME)
    expect(line.outgoing).toHaveLength(1)
  })

  it('appear once when the event comes before the acknowledgement', () => {
    const line = writing()
    addLive(line, msg(2, { sender: ME, nonce: 'n1' }), ME)
    addLive(line, msg(2, { sender: ME, nonce: 'n1' }), ME)
    expect(seqs(line)).toEqual([1, 2])
  })
})

describe('any order of deliveries', () => {
  it('ends in every message once, in order, without a gap', () => {
    // A fixed small generator: the same shuffles in every run.
    let state = 7
    const random = (below: number) => (state = (state * 1103515245 + 12345) & 0x7fffffff) % below
    for (let round = 0; round < 300; round++) {
      const line = newTimeline()
      const page = random(20)
      const live = range(1, 40).filter((message) => message.seq > page || random(3) === 0)
      for (let at = live.length - 1; at > 0; at--) {
        const other = random(at + 1)
        ;[live[at], live[other]] = [live[other] as Message, live[at] as Message]
      }
      const cut = random(live.length)
      live.slice(0, cut).forEach((message) => addLive(line, message, ME))
      addNewest(line, range(1, page), false, ME)
      live.slice(cut).forEach((message) => addLive(line, message, ME))
      expect(seqs(line)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1))
      expect(line.synced).toBe(40)
    }
  })
})
