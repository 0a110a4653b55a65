// The chat of one signed-in person: puts the link, the history, the outbox and the cursors together.

import { inject, provide, type InjectionKey } from 'vue'
import { useI18n } from '../i18n'
import { ApiError, codeOf } from '../lib/api'
import { addLive, restart } from '../lib/timeline'
import type { MemberEvent, Message, PresenceEvent, ReadEvent, Room, UnreadEvent } from '../lib/wire'
import { createHistory } from './history'
import { openLink, type Link } from './link'
import * as m from './model'
import { createOutbox } from './outbox'
import { createReading } from './reading'
import type { Entrance } from './session'

const RESTORED_MS = 3_000
const RETRY_MS = 2_000
/** So many direct rooms ask for their member list at the start, to know who is online. */
const DIRECT_PRESENCE = 20

export function createChat(options: Entrance) {
  const { api, notices } = options
  const { t, errorText } = useI18n()
  const model = m.createModel(options.me)
  const history = createHistory(model, api)
  const outbox = createOutbox(model, () => link, noteMessage)
  const reading = createReading(model, () => link)
  let timer = 0
  let closed = false
  const link: Link = openLink(options.base, options.token, {
    state: setConnection,
    connected: () => void sync(),
    refused: options.ended,
    event: receive,
  })

  function setConnection(to: m.Connection): void {
    const back = to === 'online' && (model.connection === 'reconnecting' || model.connection === 'offline')
    model.connection = to
    model.restored = back
    if (back) setTimeout(() => (model.restored = false), RESTORED_MS)
  }

  /** Brings everything up to date. Events that arrive meanwhile are kept: the link is live before this starts. */
  async function sync(): Promise<void> {
    clearTimeout(timer)
    const firstTime = !model.roomsLoaded
    try {
      await loadRooms()
    } catch (err) {
      if (err instanceof ApiError && err.status === 401) return options.ended(err.code)
      if (!closed && link.connected) timer = window.setTimeout(() => void sync(), RETRY_MS)
      return
    }
    if (model.open) await Promise.all([history.sync(model.open), history.loadCursors(model.open)])
    // What the server already has is known now, so only what it lacks is sent again.
    for (const [room, line] of model.timelines) {
      if (room === model.open) continue
      // Opened again, it shall begin at its unread line, not grow while somebody looks at it.
      if ((model.rooms.get(room)?.last_seq ?? 0) > line.synced) restart(line)
      if (line.outgoing.length > 0) await history.sync(room)
    }
    outbox.flush()
    reading.flush()
    if (!firstTime) return
    const direct = m.sortedRooms(model).filter((room) => room.type === 'direct' && !model.members.has(room.id))
    for (const room of direct.slice(0, DIRECT_PRESENCE)) await history.loadMembers(room.id)
  }

  async function loadRooms(): Promise<void> {
    const rooms = await api.rooms()
    const ids = new Set(rooms.map((room) => room.id))
    for (const id of [...model.rooms.keys()]) if (!ids.has(id)) removeRoom(id)
    for (const room of rooms) m.putRoom(model, room)
    model.roomsLoaded = true
    if (model.open && !model.rooms.has(model.open)) model.open = ''
  }

  function removeRoom(id: string): void {
    const room = model.rooms.get(id)
    if (!room) return
    if (model.open === id) {
      model.open = ''
      notices.show(t('room.removed', { name: m.roomName(room) }))
    }
    m.dropRoom(model, id)
  }

  /** What a message changes in the list of rooms. */
  function noteMessage(message: Message): void {
    const room = model.rooms.get(message.room)
    if (!room) return
    if (message.seq > (room.last_message?.seq ?? 0)) room.last_message = message
    if (message.seq <= room.last_seq) return
    room.last_seq = message.seq
    if (message.sender === model.me.id) return
    // The server's own count follows; never more than what lies beyond the cursor.
    room.unread = Math.min(room.unread + 1, Math.max(0, message.seq - room.read_seq))
  }

  function onMessage(message: Message): void {
    const room = model.rooms.get(message.room)
    if (!room) {
      void loadRooms().catch(() => undefined)
      return
    }
    const line = m.timelineOf(model, message.room)
    const mine = message.sender === model.me.id
    const wasRead = room.unread === 0
    const { added, gap } = addLive(line, message, model.me.id)
    noteMessage(message)
    if (gap) void history.sync(message.room)
    if (!added || mine || model.open !== message.room) return
    if (!model.attentive && wasRead) model.unreadAfter = room.read_seq
    const name = m.senderName(model, message)
    notices.speak(t('log.said', { name, text: message.text }))
  }

  function onMember(event: MemberEvent, joined: boolean): void {
    const room = model.rooms.get(event.room)
    if (!room || event.user === model.me.id) return
    room.member_count = Math.max(1, room.member_count + (joined ? 1 : -1))
    model.names.set(event.user, event.name)
    if (!joined) model.members.get(event.room)?.delete(event.user)
    else if (model.members.has(event.room)) void history.loadMembers(event.room)
    if (model.open === event.room) {
      notices.speak(t(joined ? 'members.joined' : 'members.left', { name: event.name }))
    }
  }

  function receive(name: string, data: unknown): void {
    switch (name) {
      case 'message.created':
        return onMessage(data as Message)
      case 'read': {
        const { room, user, seq } = data as ReadEvent
        return m.moveCursor(model, room, user, seq)
      }
      case 'unread': {
        const { room, unread } = data as UnreadEvent
        const known = model.rooms.get(room)
        if (known) known.unread = unread
        return
      }
      case 'presence': {
        const { user, online, last_seen } = data as PresenceEvent
        model.presence.set(user, { online, last_seen })
        return
      }
      case 'room.added':
        return m.putRoom(model, data as Room)
      case 'room.removed':
        return removeRoom((data as { id: string }).id)
      case 'member.joined':
        return onMember(data as MemberEvent, true)
      case 'member.left':
        return onMember(data as MemberEvent, false)
      case 'token.expiring':
        return void onExpiring((data as { expires: string | number }).expires)
    }
  }

  /** A development server hands out tokens freely; elsewhere the person is asked for a new one. */
  async function onExpiring(expires: string | number): Promise<void> {
    model.expires = new Date(typeof expires === 'number' && expires < 1e12 ? expires * 1000 : expires)
    const dev = (await api.devSession())?.users.find((user) => user.id === model.me.id)
    if (dev) await renew(dev.token).catch(() => undefined)
  }

  async function renew(token: string): Promise<void> {
    await link.ask('renew', { token })
    api.renew(token)
    link.renew(token)
    model.expires = undefined
    options.renewed(token)
  }

  async function open(id: string): Promise<void> {
    if (id && !model.rooms.has(id) && model.roomsLoaded) id = ''
    if (model.open === id) return
    model.open = id
    model.loadError = ''
    const room = model.rooms.get(id)
    model.unreadAfter = room && room.unread > 0 ? room.read_seq : undefined
    if (!room) return
    await Promise.all([history.sync(id), history.loadCursors(id)])
  }

  /** A room this person has just entered: shown at once, without waiting for the event. */
  async function enter(room: Room): Promise<void> {
    m.putRoom(model, room)
    await open(room.id)
  }

  async function leave(id: string): Promise<void> {
    try {
      await api.leave(id)
      removeRoom(id)
    } catch (err) {
      notices.show(errorText(codeOf(err)), true)
    }
  }

  function send(text: string): void {
    if (!model.open) return
    model.unreadAfter = undefined
    outbox.send(model.open, text)
  }

  function close(): void {
    closed = true
    clearTimeout(timer)
    link.close()
  }

  return {
    model,
    notices,
    api,
    profile: options.profile,
    /** What has been written and not sent, by room. */
    drafts: new Map<string, string>(),
    open,
    enter,
    leave,
    send,
    renew,
    close,
    retry: outbox.retry,
    discard: outbox.discard,
    mark: reading.mark,
    loadOlder: history.loadOlder,
    reload: history.sync,
    loadMembers: history.loadMembers,
  }
}

export type Chat = ReturnType<typeof createChat>

const key: InjectionKey<Chat> = Symbol('chat')

export function provideChat(chat: Chat): void {
  provide(key, chat)
}

export function useChat(): Chat {
  const chat = inject(key)
  if (!chat) throw new Error('no chat is provided above this component')
  return chat
}
