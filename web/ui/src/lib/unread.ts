// Who has not read what, from the members' cursors alone: no message carries a counter.

import type { Member, Message } from './wire'

/** Above this many members a room shows no unread number beside its messages. */
export const RECEIPT_LIMIT = 300

/**
 * How many people have not read a message: the number that stands beside it. A cursor is the last seq its member has
 * read, and someone who joins later starts with a cursor beyond what was said before. The sender is never counted.
 */
export function unreadBy(message: Pick<Message, 'seq' | 'sender'>, members: Iterable<Member>): number {
  let count = 0
  for (const member of members) if (member.user !== message.sender && member.read_seq < message.seq) count++
  return count
}

/** Sorted cursors: one pass over the members serves every message on the screen. */
export class Cursors {
  private readonly sorted: number[]
  private readonly byUser = new Map<string, number>()

  constructor(members: Iterable<Member>) {
    for (const member of members) this.byUser.set(member.user, member.read_seq)
    this.sorted = [...this.byUser.values()].sort((a, b) => a - b)
  }

  unreadBy(message: Pick<Message, 'seq' | 'sender'>): number {
    let low = 0
    let high = this.sorted.length
    while (low < high) {
      const mid = (low + high) >> 1
      if ((this.sorted[mid] as number) < message.seq) low = mid + 1
      else high = mid
    }
    const own = this.byUser.get(message.sender)
    return own !== undefined && own < message.seq ? low - 1 : low
  }
}
