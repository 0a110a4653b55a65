// Sending: a message is on the screen at once and keeps its nonce until the server has confirmed it, so that sending
// again after a lost answer never stores it twice.

import { codeOf } from '../lib/api'
import { addLive, type Outgoing } from '../lib/timeline'
import type { Message } from '../lib/wire'
import type { Link } from './link'
import { timelineOf, type Model } from './model'

export function createOutbox(model: Model, link: () => Link, confirmed: (message: Message) => void) {
  /** Messages of one room leave in the order they were written. */
  const tails = new Map<string, Promise<void>>()
  const busy = new Set<string>()

  function queue(room: string, out: Outgoing): void {
    if (busy.has(out.nonce)) return
    busy.add(out.nonce)
    const tail = (tails.get(room) ?? Promise.resolve()).then(() => deliver(room, out))
    tails.set(room, tail.finally(() => busy.delete(out.nonce)))
  }

  async function deliver(room: string, out: Outgoing): Promise<void> {
    const line = timelineOf(model, room)
    const live = () => line.outgoing.find((other) => other.nonce === out.nonce)
    if (!live() || !link().connected) return
    try {
      const ack = await link().ask<Partial<Message> & { seq: number }>('sendMessage', {
        room,
        message: out.text,
        nonce: out.nonce,
      })
      const message: Message = {
        room,
        seq: ack.seq,
        text: ack.text ?? out.text,
        sender: model.me.id,
        sender_name: ack.sender_name ?? model.me.name,
        created_at: ack.created_at ?? out.created_at,
        nonce: out.nonce,
      }
      addLive(line, message, model.me.id)
      confirmed(message)
    } catch (err) {
      const code = codeOf(err)
      const still = live()
      // Without a connection it stays "sending" and leaves with the next one.
      if (!still || code === 'network') return
      still.state = 'failed'
      still.code = code
    }
  }

  function send(room: string, text: string): void {
    const out: Outgoing = {
      nonce: newNonce(),
      text,
      created_at: new Date().toISOString(),
      state: 'sending',
    }
    timelineOf(model, room).outgoing.push(out)
    queue(room, out)
  }

  function retry(room: string, nonce: string): void {
    const out = timelineOf(model, room).outgoing.find((other) => other.nonce === nonce)
    if (!out) return
    out.state = 'sending'
    out.code = undefined
    queue(room, out)
  }

  function discard(room: string, nonce: string): void {
    const line = timelineOf(model, room)
    const at = line.outgoing.findIndex((other) => other.nonce === nonce)
    if (at >= 0) line.outgoing.splice(at, 1)
  }

  /** After a reconnect: everything that has not been confirmed, in its order. */
  function flush(): void {
    for (const [room, line] of model.timelines) {
      for (const out of line.outgoing) if (out.state === 'sending') queue(room, out)
    }
  }

  return { send, retry, discard, flush }
}

/** Not crypto.randomUUID: pages served over plain http on a local network do not have it. */
function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
