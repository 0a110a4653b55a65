// The words of the server: what its REST interface and its /chat namespace send.

export type RoomType = 'public' | 'private' | 'direct'

export interface Me {
  id: string
  name: string
}

/** One message of a room. `seq` starts at 1 and has no gaps within its room. */
export interface Message {
  room: string
  seq: number
  text: string
  sender: string
  sender_name?: string
  /** RFC 3339, UTC. */
  created_at: string
  /** The sender's own word for this message; the server keeps a nonce it has seen from storing twice. */
  nonce?: string
}

export interface Room {
  id: string
  name: string
  type: RoomType
  last_seq: number
  read_seq: number
  unread: number
  member_count: number
  role?: string
  created_at: string
  last_message?: Message
  /** The other person of a direct room. */
  peer?: Me
}

export interface Member {
  user: string
  name: string
  role: string
  read_seq: number
  online: boolean
  last_seen?: string
}

export interface Page {
  /** Ascending by seq. */
  messages: Message[]
  has_more: boolean
}

export interface ReadState {
  read_seq: number
  unread: number
}

export interface ReadEvent {
  room: string
  user: string
  seq: number
}

export interface UnreadEvent {
  room: string
  unread: number
  total: number
}

export interface PresenceEvent {
  user: string
  online: boolean
  last_seen?: string
}

export interface MemberEvent {
  room: string
  user: string
  name: string
}

export interface Refusal {
  error: { code: string; message: string }
}

export interface DevUser {
  id: string
  name: string
  token: string
}

/** Who is signed in by the browser's session, and where one signs in; servers without accounts have no such thing. */
export interface Account {
  user: { id: string; name: string } | null
  login: string
  register?: string
  profile: string
}

export interface DevSession {
  users: DevUser[]
  note?: string
}
