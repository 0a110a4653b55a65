// The REST half of the chat: one method for each route, and one kind of error.

import type { Account, DevSession, DevUser, Me, Member, Message, Page, ReadState, Room, RoomType } from './wire'

/** What went wrong, by the stable code of the problem document; `network` when nobody answered. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
  ) {
    super(`${code} (${status})`)
  }
}

/** The code of any error, for the catalogs. */
export function codeOf(err: unknown): string {
  return err instanceof ApiError ? err.code : 'network'
}

const TIMEOUT_MS = 15_000
const seg = encodeURIComponent

export class Api {
  constructor(
    private readonly base: URL,
    private token = '',
  ) {}

  /** Later calls carry this token: it was renewed. */
  renew(token: string): void {
    this.token = token
  }

  me = () => this.call<Me>('GET', 'v1/me')
  rooms = async () => (await this.call<{ rooms: Room[] | null }>('GET', 'v1/rooms')).rooms ?? []
  publicRooms = async () =>
    (await this.call<{ rooms: Room[] | null }>('GET', 'v1/rooms?scope=public')).rooms ?? []
  createRoom = (name: string, type: RoomType) => this.call<Room>('POST', 'v1/rooms', { name, type })
  openDirect = (user: string) => this.call<Room>('POST', 'v1/dms', { user })
  join = (room: string) => this.call<Room>('POST', `v1/rooms/${seg(room)}/join`)
  leave = (room: string) => this.call<unknown>('POST', `v1/rooms/${seg(room)}/leave`)
  invite = (room: string, user: string) =>
    this.call<unknown>('PUT', `v1/rooms/${seg(room)}/members/${seg(user)}`)
  members = async (room: string) =>
    (await this.call<{ members: Member[] | null }>('GET', `v1/rooms/${seg(room)}/members`)).members ?? []
  send = (room: string, text: string, nonce: string) =>
    this.call<Message>('POST', `v1/rooms/${seg(room)}/messages`, { text, nonce })
  read = (room: string, seq: number) => this.call<ReadState>('PUT', `v1/rooms/${seg(room)}/read`, { seq })

  /** A page of messages: the newest, those before a seq, or those after one. */
  messages = async (room: string, at: { limit: number; before?: number; after?: number }): Promise<Page> => {
    const query = new URLSearchParams()
    for (const [key, value] of Object.entries(at)) if (value !== undefined) query.set(key, String(value))
    const page = await this.call<Page>('GET', `v1/rooms/${seg(room)}/messages?${query}`)
    return { messages: page.messages ?? [], has_more: Boolean(page.has_more) }
  }

  /** The browser's own session, or null: servers without accounts have no such route. */
  account = async (): Promise<Account | null> => {
    try {
      const found = await this.call<Account>('GET', 'session')
      return typeof found?.login === 'string' ? found : null
    } catch {
      return null
    }
  }

  /** Ends the browser's session. */
  logout = () => this.call<unknown>('POST', 'logout')

  /** The users a development server offers, or null: servers with a configuration have no such route. */
  devSession = async (): Promise<DevSession | null> => {
    try {
      const found = await this.call<DevSession>('GET', 'dev/session')
      return Array.isArray(found?.users) ? found : null
    } catch {
      return null
    }
  }

  newDevUser = (name: string) => this.call<DevUser>('POST', 'dev/session', { name })

  private async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (this.token) headers.Authorization = `Bearer ${this.token}`
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    let res: Response
    try {
      res = await fetch(new URL(path, this.base), {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: 'no-store',
        // Whoever has a token is that token's user, whatever session the browser has.
        credentials: this.token ? 'omit' : 'same-origin',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
    } catch {
      throw new ApiError('network', 0)
    }
    const text = await res.text().catch(() => '')
    let value: unknown
    try {
      value = text ? JSON.parse(text) : undefined
    } catch {
      // A web page where JSON belongs: some proxy answered instead of the server.
      throw new ApiError('network', res.status)
    }
    if (!res.ok) {
      const code = (value as { code?: unknown } | undefined)?.code
      throw new ApiError(typeof code === 'string' ? code : `http_${res.status}`, res.status)
    }
    return value as T
  }
}
