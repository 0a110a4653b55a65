// From messages to the rows of a conversation: days, groups of one sender, and the line "read up to here".

import type { Message } from './wire'
import type { Outgoing } from './timeline'

export interface DayRow {
  kind: 'day'
  key: string
  date: Date
}

export interface UnreadRow {
  kind: 'unread'
  key: string
}

export interface MessageRow {
  kind: 'message'
  key: string
  mine: boolean
  /** First of a group: carries the sender's name. */
  first: boolean
  /** Last of a group: carries the time. */
  last: boolean
  message?: Message
  outgoing?: Outgoing
  text: string
  date: Date
}

export type Row = DayRow | UnreadRow | MessageRow

/** A pause longer than this starts a new group. */
const GROUP_MS = 5 * 60_000

function dayOf(date: Date): string {
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
}

/** `unreadAfter`: the line stands after this seq, before the first message of somebody else that follows it. */
export function buildRows(items: Message[], outgoing: Outgoing[], me: string, unreadAfter?: number): Row[] {
  const rows: Row[] = []
  let day = ''
  let previous: MessageRow | undefined
  let previousSender = ''
  let lineDone = unreadAfter === undefined

  const push = (row: MessageRow, sender: string) => {
    const today = dayOf(row.date)
    let broken = previousSender !== sender
    if (today !== day) {
      day = today
      rows.push({ kind: 'day', key: `day:${today}:${row.key}`, date: row.date })
      broken = true
    }
    const seq = row.message?.seq
    if (!lineDone && seq !== undefined && seq > (unreadAfter as number) && !row.mine) {
      rows.push({ kind: 'unread', key: 'unread' })
      lineDone = true
      broken = true
    }
    if (previous && row.date.getTime() - previous.date.getTime() > GROUP_MS) broken = true
    row.first = broken || !previous
    if (previous && !row.first) previous.last = false
    rows.push(row)
    previous = row
    previousSender = sender
  }

  for (const message of items) {
    const mine = message.sender === me
    push(
      {
        kind: 'message',
        // The nonce keeps the row in its place in the document when its own message is confirmed.
        key: mine && message.nonce ? `n:${message.nonce}` : `s:${message.seq}`,
        mine,
        first: true,
        last: true,
        message,
        text: message.text,
        date: new Date(message.created_at),
      },
      message.sender,
    )
  }
  for (const out of outgoing) {
    push(
      {
        kind: 'message',
        key: `n:${out.nonce}`,
        mine: true,
        first: true,
        last: true,
        outgoing: out,
        text: out.text,
        date: new Date(out.created_at),
      },
      me,
    )
  }
  return rows
}
