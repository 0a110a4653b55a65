// Everything the page knows while somebody is signed in.

import { reactive } from 'vue'
import { newTimeline, type Timeline } from '../lib/timeline'
import type { Me, Member, Message, Room } from '../lib/wire'

export type Connection = 'connecting' | 'online' | 'reconnecting' | 'offline'

export interface Presence {
  online: boolean
  last_seen?: string
}

export interface Model {
  me: Me
  connection: Connection
  /** True for a moment after a connection came back. */
  restored: boolean
  roomsLoaded: boolean
  rooms: Map<string, Room>
  timelines: Map<string, Timeline>
  /** By room, then by user. */
  members: Map<string, Map<string, Member>>
  presence: Map<string, Presence>
  names: Map<string, string>
  /** The id of the open room, or empty. */
  open: string
  /** Where the line "read up to here" stands in the open room. */
  unreadAfter: number | undefined
  /** The newest message can be seen by somebody who is looking: the page has the focus and shows the bottom. */
  attentive: boolean
  /** The open room's messages could not be loaded: an error code. */
  loadError: string
  /** When the token ends, once the server has said that this is soon. */
  expires: Date | undefined
}

export function createModel(me: Me): Model {
  return reactive({
    me,
    connection: 'connecting',
    restored: false,
    roomsLoaded: false,
    rooms: new Map(),
    timelines: new Map(),
    members: new Map(),
    presence: new Map(),
    names: new Map([[me.id, me.name]]),
    open: '',
    unreadAfter: undefined,
    attentive: false,
    loadError: '',
    expires: undefined,
  } as Model)
}

export function timelineOf(model: Model, room: string): Timeline {
  let found = model.timelines.get(room)
  if (!found) {
    model.timelines.set(room, newTimeline())
    found = model.timelines.get(room) as Timeline
  }
  return found
}

export function roomName(room: Room): string {
  return room.type === 'direct' ? room.peer?.name || room.peer?.id || room.name : room.name
}

export function senderName(model: Model, message: Message): string {
  return message.sender_name || model.names.get(message.sender) || message.sender
}

/** The room that was spoken in last comes first. */
export function sortedRooms(model: Model): Room[] {
  const at = (room: Room) => Date.parse(room.last_message?.created_at ?? room.created_at) || 0
  return [...model.rooms.values()].sort((a, b) => at(b) - at(a) || a.id.localeCompare(b.id))
}

export function totalUnread(model: Model): number {
  let total = 0
  for (const room of model.rooms.values()) total += room.unread
  return total
}

/** Takes what the server says of a room, without letting a late answer move a cursor backwards. */
export function putRoom(model: Model, room: Room): void {
  const known = model.rooms.get(room.id)
  if (known && known.read_seq > room.read_seq) {
    room = { ...room, read_seq: known.read_seq, unread: Math.min(known.unread, room.unread) }
  }
  if (known?.last_message && known.last_message.seq > (room.last_message?.seq ?? 0)) {
    room = { ...room, last_message: known.last_message, last_seq: Math.max(known.last_seq, room.last_seq) }
  }
  if (room.peer) model.names.set(room.peer.id, room.peer.name)
  model.rooms.set(room.id, room)
}

export function dropRoom(model: Model, id: string): void {
  model.rooms.delete(id)
  model.timelines.delete(id)
  model.members.delete(id)
}

export function putMembers(model: Model, room: string, list: Member[]): void {
  const known = model.members.get(room)
  const next = new Map<string, Member>()
  for (const member of list) {
    const read_seq = Math.max(member.read_seq, known?.get(member.user)?.read_seq ?? 0)
    next.set(member.user, { ...member, read_seq })
    model.names.set(member.user, member.name)
    model.presence.set(member.user, { online: member.online, last_seen: member.last_seen })
  }
  model.members.set(room, next)
  const counted = model.rooms.get(room)
  if (counted) counted.member_count = next.size
}

/** A cursor moves forward only. */
export function moveCursor(model: Model, room: string, user: string, seq: number): void {
  const member = model.members.get(room)?.get(user)
  if (member && member.read_seq < seq) member.read_seq = seq
  if (user !== model.me.id) return
  const mine = model.rooms.get(room)
  if (!mine || mine.read_seq >= seq) return
  mine.read_seq = seq
  if (seq >= mine.last_seq) mine.unread = 0
}
