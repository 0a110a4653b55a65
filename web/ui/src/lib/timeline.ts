// A timeline is what this page knows of one room's messages. It never holds a message twice and always knows up to
// where it is complete, so that a reader never sees a hole that nobody fills.

import type { Message } from './wire'

/** A message this page has written and the server has not confirmed. */
export interface Outgoing {
  nonce: string
  text: string
  created_at: string
  state: 'sending' | 'failed'
  /** Why it failed: an error code. */
  code?: string
}

export interface Timeline {
  /** Ascending by seq, each seq once. */
  items: Message[]
  /** Every message from the first item's to this seq is here. */
  synced: number
  /** Whether older messages exist on the server. */
  older: boolean
  loaded: boolean
  outgoing: Outgoing[]
}

export function newTimeline(): Timeline {
  return { items: [], synced: 0, older: false, loaded: false, outgoing: [] }
}

/** The index where seq is, or would have to be. */
function place(items: Message[], seq: number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const mid = (low + high) >> 1
    if ((items[mid] as Message).seq < seq) low = mid + 1
    else high = mid
  }
  return low
}

function put(line: Timeline, message: Message): boolean {
  const at = place(line.items, message.seq)
  if (line.items[at]?.seq === message.seq) return false
  line.items.splice(at, 0, message)
  return true
}

function settle(line: Timeline, message: Message, me: string): void {
  if (!message.nonce || message.sender !== me) return
  const at = line.outgoing.findIndex((out) => out.nonce === message.nonce)
  if (at >= 0) line.outgoing.splice(at, 1)
}

/** Moves `synced` over everything that has no gap behind it. */
function absorb(line: Timeline): void {
  for (let at = place(line.items, line.synced + 1); line.items[at]?.seq === line.synced + 1; at++) line.synced++
}

/** Adds a message that arrived by itself. Says whether something between it and the known ones is missing. */
export function addLive(line: Timeline, message: Message, me: string): { added: boolean; gap: boolean } {
  settle(line, message, me)
  if (line.loaded && message.seq <= line.synced && message.seq < (line.items[0]?.seq ?? 1)) {
    // Older than the oldest page here: paging up will bring it.
    return { added: false, gap: false }
  }
  const added = put(line, message)
  absorb(line)
  return { added, gap: line.loaded && message.seq > line.synced }
}

/** The newest page: the timeline begins here. Messages that arrived meanwhile stay. */
export function addNewest(line: Timeline, page: Message[], hasMore: boolean, me: string): void {
  for (const message of page) {
    settle(line, message, me)
    put(line, message)
  }
  const last = page.at(-1)?.seq ?? 0
  line.synced = Math.max(line.synced, last)
  line.older = hasMore
  line.loaded = true
  absorb(line)
}

/** A page that follows `synced`, as the answer to a catch-up. */
export function addAfter(line: Timeline, page: Message[], me: string): void {
  for (const message of page) {
    settle(line, message, me)
    put(line, message)
  }
  line.synced = Math.max(line.synced, page.at(-1)?.seq ?? 0)
  absorb(line)
}

/** A page that comes before the first item. */
export function addBefore(line: Timeline, page: Message[], hasMore: boolean): void {
  for (const message of page) put(line, message)
  line.older = hasMore && page.length > 0
}

/** Forgets the messages, not what is still to be sent: too much was missed to walk through it. */
export function restart(line: Timeline): void {
  line.items = []
  line.synced = 0
  line.older = false
  line.loaded = false
}
