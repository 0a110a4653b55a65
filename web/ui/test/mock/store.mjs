// The state of the mock server: people, rooms, messages and cursors, in memory, with the rules of the real one.

import { randomUUID } from 'node:crypto'

export class Problem extends Error {
  constructor(status, code) {
    super(code)
    this.status = status
    this.code = code
  }
}

export class Store {
  users = new Map()
  tokens = new Map()
  rooms = new Map()
  nextRoom = 1

  addUser(name, id = `u${this.users.size + 1}`) {
    const user = { id, name, token: `dev-${id}-${randomUUID()}`, sessions: 0, last_seen: undefined }
    this.users.set(id, user)
    this.tokens.set(user.token, { user: id, expires: Infinity })
    return user
  }

  userOf(token) {
    if (!token) throw new Problem(401, 'token_missing')
    const found = this.tokens.get(token)
    if (!found) throw new Problem(401, 'token_invalid')
    if (found.expires <= Date.now()) throw new Problem(401, 'token_expired')
    return this.users.get(found.user)
  }

  user(id) {
    const user = this.users.get(id)
    if (!user) throw new Problem(404, 'user_not_found')
    return user
  }

  addRoom(owner, name, type) {
    const id = String(this.nextRoom++)
    const room = { id, name, type, messages: [], members: new Map(), nonces: new Map(), created_at: new Date().toISOString() }
    this.rooms.set(id, room)
    this.addMember(room, owner, type === 'direct' ? 'member' : 'owner')
    return room
  }

  addMember(room, user, role = 'member') {
    if (!room.members.has(user)) room.members.set(user, { user, role, read_seq: room.messages.length })
  }

  room(id, user) {
    const room = this.rooms.get(id)
    if (!room || !room.members.has(user)) throw new Problem(404, 'not_found')
    return room
  }

  direct(a, b) {
    for (const room of this.rooms.values()) {
      if (room.type === 'direct' && room.members.has(a) && room.members.has(b)) return { room, fresh: false }
    }
    const room = this.addRoom(a, '', 'direct')
    this.addMember(room, b)
    return { room, fresh: true }
  }

  /** The same nonce of the same person is the same message, however often it arrives. */
  post(room, sender, text, nonce, at = new Date()) {
    if (typeof text !== 'string' || !text.trim()) throw new Problem(422, 'invalid')
    if (text.length > 4000) throw new Problem(413, 'too_large')
    const key = `${sender}/${nonce}`
    if (nonce && room.nonces.has(key)) return { message: room.nonces.get(key), fresh: false }
    const message = {
      room: room.id,
      seq: room.messages.length + 1,
      text,
      sender,
      sender_name: this.users.get(sender).name,
      created_at: at.toISOString(),
      ...(nonce ? { nonce } : {}),
    }
    room.messages.push(message)
    if (nonce) room.nonces.set(key, message)
    room.members.get(sender).read_seq = message.seq
    return { message, fresh: true }
  }

  read(room, user, seq) {
    const member = room.members.get(user)
    const next = Math.min(Number(seq) || 0, room.messages.length)
    const moved = next > member.read_seq
    if (moved) member.read_seq = next
    return { moved, read_seq: member.read_seq, unread: this.unread(room, user) }
  }

  unread(room, user) {
    const { read_seq } = room.members.get(user)
    return room.messages.filter((message) => message.seq > read_seq && message.sender !== user).length
  }

  total(user) {
    let total = 0
    for (const room of this.rooms.values()) if (room.members.has(user)) total += this.unread(room, user)
    return total
  }

  page(room, { limit, before, after }) {
    const size = Math.min(Number(limit) || 50, 100)
    const all = room.messages
    if (after !== null) {
      const found = all.filter((message) => message.seq > Number(after))
      return { messages: found.slice(0, size), has_more: found.length > size }
    }
    const found = before === null ? all : all.filter((message) => message.seq < Number(before))
    return { messages: found.slice(-size), has_more: found.length > size }
  }

  viewMembers(room) {
    return [...room.members.values()].map((member) => {
      const user = this.users.get(member.user)
      return { ...member, name: user.name, online: user.sessions > 0, last_seen: user.last_seen }
    })
  }

  view(room, user) {
    const member = room.members.get(user)
    const other = room.type === 'direct' ? [...room.members.keys()].find((id) => id !== user) : undefined
    return {
      id: room.id,
      name: room.name,
      type: room.type,
      last_seq: room.messages.length,
      read_seq: member?.read_seq ?? 0,
      unread: member ? this.unread(room, user) : 0,
      member_count: room.members.size,
      role: member?.role ?? '',
      created_at: room.created_at,
      ...(member && room.messages.length ? { last_message: room.messages.at(-1) } : {}),
      ...(other ? { peer: { id: other, name: this.users.get(other).name } } : {}),
    }
  }
}
