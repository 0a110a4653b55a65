// Who is signed in. The token lives in this tab's sessionStorage and nowhere else.

import { shallowRef, ref } from 'vue'
import { Api, ApiError, codeOf } from '../lib/api'
import { createChat, type Chat } from './chat'
import type { Notices } from './notices'

const STORED = 'madang.token'
const TOKEN_CODES = ['token_missing', 'token_invalid', 'token_expired']

export function createSession(base: URL, notices: Notices) {
  const chat = shallowRef<Chat>()
  const busy = ref(false)
  /** Why the last sign-in failed or ended: an error code. */
  const error = ref('')

  function end(code: string): void {
    chat.value?.close()
    chat.value = undefined
    error.value = code
    sessionStorage.removeItem(STORED)
  }

  async function signIn(given: string): Promise<void> {
    const token = given.trim()
    end('')
    if (!token) {
      error.value = 'token_missing'
      return
    }
    busy.value = true
    try {
      const api = new Api(base, token)
      const me = await api.me()
      keep(token)
      chat.value = createChat({ base, api, token, me, notices, ended: end, renewed: keep })
    } catch (err) {
      const refused = err instanceof ApiError && err.status === 401
      error.value = refused && !TOKEN_CODES.includes(err.code) ? 'token_invalid' : codeOf(err)
    } finally {
      busy.value = false
    }
  }

  function keep(token: string): void {
    sessionStorage.setItem(STORED, token)
  }

  /** `#token=…` signs in at once and leaves neither the address bar nor the history with a token in it. */
  function takeFragment(): boolean {
    const token = new URLSearchParams(location.hash.slice(1)).get('token')
    if (token === null) return false
    history.replaceState(null, '', location.pathname + location.search)
    void signIn(token)
    return true
  }

  function start(): void {
    addEventListener('hashchange', takeFragment)
    if (takeFragment()) return
    const stored = sessionStorage.getItem(STORED)
    if (stored) void signIn(stored)
  }

  return { chat, busy, error, start, signIn, signOut: () => end(''), guest: new Api(base) }
}

export type Session = ReturnType<typeof createSession>
