// Loading a room's messages: the newest page, older pages, and what was missed.

import { codeOf, type Api } from '../lib/api'
import { RECEIPT_LIMIT } from '../lib/unread'
import { addAfter, addBefore, addNewest, restart } from '../lib/timeline'
import { putMembers, timelineOf, type Model } from './model'

const PAGE = 50
const PAGE_MAX = 100
/** After this many pages a catch-up gives up walking and starts again from the newest page. */
const CATCH_UP_PAGES = 10
/** Read messages shown above the unread line. */
const CONTEXT = 15

export function createHistory(model: Model, api: Api) {
  const running = new Map<string, Promise<void>>()
  const paging = new Set<string>()

  /** One load or catch-up at a time for each room; a second wish while one runs is done after it. */
  function sync(room: string): Promise<void> {
    const next = (running.get(room) ?? Promise.resolve()).then(() => run(room))
    running.set(room, next)
    return next
  }

  async function run(room: string): Promise<void> {
    if (!model.rooms.has(room)) return
    try {
      if (timelineOf(model, room).loaded) await catchUp(room)
      else await loadNewest(room)
      if (model.open === room) model.loadError = ''
    } catch (err) {
      if (model.open === room) model.loadError = codeOf(err)
    }
  }

  async function loadNewest(room: string): Promise<void> {
    const unread = model.rooms.get(room)?.unread ?? 0
    const limit = Math.min(PAGE_MAX, Math.max(PAGE, unread + CONTEXT))
    const page = await api.messages(room, { limit })
    addNewest(timelineOf(model, room), page.messages, page.has_more, model.me.id)
  }

  async function catchUp(room: string): Promise<void> {
    const line = timelineOf(model, room)
    for (let n = 0; n < CATCH_UP_PAGES; n++) {
      const page = await api.messages(room, { after: line.synced, limit: PAGE_MAX })
      addAfter(line, page.messages, model.me.id)
      if (!page.has_more || page.messages.length === 0) return
    }
    restart(line)
    await loadNewest(room)
  }

  /** One page before the oldest message here. Says whether it brought anything. */
  async function loadOlder(room: string): Promise<boolean> {
    const line = timelineOf(model, room)
    const first = line.items[0]?.seq
    if (!line.loaded || !line.older || first === undefined || paging.has(room)) return false
    paging.add(room)
    try {
      const page = await api.messages(room, { before: first, limit: PAGE })
      if (line.items[0]?.seq !== first) return false
      addBefore(line, page.messages, page.has_more)
      return page.messages.length > 0
    } catch {
      // The reader is still at the top: the next scroll asks again.
      return false
    } finally {
      paging.delete(room)
    }
  }

  /** The members' cursors, where the room is small enough to show unread numbers. */
  async function loadCursors(room: string): Promise<void> {
    if ((model.rooms.get(room)?.member_count ?? 0) <= RECEIPT_LIMIT) await loadMembers(room)
  }

  async function loadMembers(room: string): Promise<void> {
    try {
      putMembers(model, room, await api.members(room))
    } catch {
      // Without cursors there are no unread numbers; messages do not wait for them.
    }
  }

  return { sync, loadOlder, loadCursors, loadMembers }
}

export type History = ReturnType<typeof createHistory>
