// The live half of a page: one Socket.IO connection to a namespace and what it says about itself.

import { io, type Socket } from 'socket.io-client'
import { ApiError } from '../lib/api'
import type { Connection } from './model'

export interface LinkEvents {
  state(connection: Connection): void
  /** Connected, for the first time or again: catch up now. */
  connected(): void
  /** The server does not take this token; the link has ended. */
  refused(code: string): void
  event(name: string, data: unknown): void
}

export interface Link {
  readonly connected: boolean
  /** One event with its acknowledgement; fails with an ApiError. */
  ask<T>(event: string, body: unknown): Promise<T>
  renew(token: string): void
  close(): void
}

export interface LinkOptions {
  /** Default /chat. */
  namespace?: string
  /** What is shown beside the token. */
  auth?: Record<string, unknown>
  /** Further codes by which the server refuses for good. */
  final?: readonly string[]
}

const TOKEN_CODES = ['token_missing', 'token_invalid', 'token_expired']
const ACK_MS = 10_000
/** The client library does not try again by itself after the server ended or refused a connection. */
const AGAIN_MS = 1_500
/** Whom the server puts out after a while has often been logged out elsewhere, and should see so at once. */
const SOON_MS = 200

export function openLink(base: URL, firstToken: string, on: LinkEvents, { namespace = '/chat', auth = {}, final = [] }: LinkOptions = {}): Link {
  let token = firstToken
  let opened = false
  let again = 0
  let since = 0
  const socket: Socket = io(base.origin + namespace, {
    path: `${base.pathname}socket.io/`,
    auth: (give) => give(token ? { ...auth, token } : auth), // without one the browser's session counts
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    timeout: 10_000,
    forceNew: true,
  })

  const lost = (): Connection => (navigator.onLine ? (opened ? 'reconnecting' : 'connecting') : 'offline')

  function close(): void {
    clearTimeout(again)
    removeEventListener('offline', netOff)
    removeEventListener('online', netOn)
    socket.off()
    socket.close()
  }

  function reconnectSoon(wait = AGAIN_MS): void {
    clearTimeout(again)
    again = window.setTimeout(() => socket.connect(), wait)
  }

  function netOff(): void {
    on.state('offline')
  }

  function netOn(): void {
    if (socket.connected) return
    on.state(lost())
    // Not after the whole back-off: the network has just come back.
    socket.disconnect().connect()
  }

  socket.on('connect', () => {
    opened = true
    since = Date.now()
    on.state('online')
    on.connected()
  })
  socket.on('disconnect', (reason) => {
    if (reason === 'io client disconnect') return
    on.state(lost())
    if (!socket.active) reconnectSoon(Date.now() - since > AGAIN_MS ? SOON_MS : AGAIN_MS)
  })
  socket.on('connect_error', (err: Error & { data?: { code?: string } }) => {
    const code = err.data?.code ?? ''
    if (TOKEN_CODES.includes(code) || final.includes(code)) {
      close()
      on.refused(code)
      return
    }
    on.state(lost())
    if (!socket.active) reconnectSoon()
  })
  socket.onAny((name: string, data: unknown) => on.event(name, data))
  addEventListener('offline', netOff)
  addEventListener('online', netOn)

  return {
    get connected() {
      return socket.connected
    },
    async ask<T>(event: string, body: unknown): Promise<T> {
      if (!socket.connected) throw new ApiError('network', 0)
      let answer: unknown
      try {
        answer = await socket.timeout(ACK_MS).emitWithAck(event, body)
      } catch {
        throw new ApiError(socket.connected ? 'timeout' : 'network', 0)
      }
      const code = (answer as { error?: { code?: string } } | null)?.error?.code
      if (code) throw new ApiError(code, 0)
      return answer as T
    },
    renew(next) {
      token = next
    },
    close,
  }
}
