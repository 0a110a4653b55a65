import { describe, expect, it } from 'vitest'
import { Cursors, unreadBy } from '../../src/lib/unread'
import type { Member } from '../../src/lib/wire'

const member = (user: string, read_seq: number): Member => ({ user, name: user, role: 'member', read_seq, online: false })

describe('unread number', () => {
  const members = [member('a', 10), member('b', 7), member('c', 0), member('d', 10)]

  it.each([
    [{ seq: 10, sender: 'a' }, 2],
    [{ seq: 7, sender: 'a' }, 1],
    [{ seq: 8, sender: 'b' }, 1],
    [{ seq: 11, sender: 'a' }, 3],
    [{ seq: 1, sender: 'c' }, 0],
    [{ seq: 11, sender: 'gone' }, 4],
  ])('of %o is %i', (message, count) => {
    expect(unreadBy(message, members)).toBe(count)
  })

  it('counts nobody in an empty room', () => {
    expect(unreadBy({ seq: 1, sender: 'a' }, [])).toBe(0)
  })

  it('is the same by sorted cursors as by counting', () => {
    for (let seq = 0; seq <= 40; seq++) {
      const many = Array.from({ length: 60 }, (_, n) => member(`u${n}`, (n * 17 + seq * 5) % 41))
      const cursors = new Cursors(many)
      for (const sender of ['u0', 'u13', 'gone']) {
        expect(cursors.unreadBy({ seq, sender })).toBe(unreadBy({ seq, sender }, many))
      }
    }
  })
})
