// Telling the server how far this person has read: the newest wish wins, one request at a time for each room.

import type { ReadState } from '../lib/wire'
import type { Link } from './link'
import { moveCursor, type Model } from './model'

export function createReading(model: Model, link: () => Link) {
  const wanted = new Map<string, number>()
  const busy = new Set<string>()

  function mark(room: string, seq: number): void {
    const known = model.rooms.get(room)
    if (!known || seq <= known.read_seq) return
    moveCursor(model, room, model.me.id, seq)
    wanted.set(room, seq)
    void tell(room)
  }

  async function tell(room: string): Promise<void> {
    if (busy.has(room)) return
    busy.add(room)
    try {
      for (let seq = wanted.get(room); seq !== undefined && link().connected; seq = wanted.get(room)) {
        const state = await link().ask<ReadState>('read', { room, seq })
        if (wanted.get(room) === seq) wanted.delete(room)
        const known = model.rooms.get(room)
        if (known && !wanted.has(room) && typeof state?.unread === 'number') known.unread = state.unread
      }
    } catch {
      // The wish stays; it is told again after the next connect or with the next message.
    } finally {
      busy.delete(room)
    }
  }

  function flush(): void {
    for (const room of wanted.keys()) void tell(room)
  }

  return { mark, flush }
}
