// Who is signed in: by a token, which lives in this tab's sessionStorage and nowhere else, or by the browser's session.

import { shallowRef, ref } from 'vue'
import { Api, ApiError, codeOf } from '../lib/api'
import { takeNext } from '../lib/next'
import type { Account, Me } from '../lib/wire'
import { useI18n } from '../i18n'
import type { Notices } from './notices'

const STORED = 'madang.token'
const TOKEN_CODES = ['token_missing', 'token_invalid', 'token_expired']

/** What a page is given about who has signed in. */
export interface Entrance {
  base: URL
  api: Api
  /** Empty: the browser's session counts. */
  token: string
  me: Me
  notices: Notices
  /** The sign-in is over, with the code that says why. */
  ended(code: string): void
  /** The token was replaced on the live connection. */
  renewed(token: string): void
  /** The page of one's own account, for who has one. */
  profile?: string
}

/** A session is that of any page: `open` makes what it shows to who has signed in. */
export function createSession<Visit extends { close(): void }>(base: URL, notices: Notices, open: (entrance: Entrance) => Visit) {
  const { errorText } = useI18n()
  const visit = shallowRef<Visit>()
  const busy = ref(false)
  /** Why the last sign-in failed or ended: an error code. */
  const error = ref('')
  /** Where people sign in who have an account; null: there are no accounts, or it is not known yet. */
  const account = shallowRef<Account | null>(null)
  const guest = new Api(base)
  /** Whether the page goes by the browser's session. */
  let cookie = false

  function end(code: string): void {
    visit.value?.close()
    visit.value = undefined
    // Who came in by the browser's session has never seen a token.
    error.value = cookie && TOKEN_CODES.includes(code) ? 'session_ended' : code
    sessionStorage.removeItem(STORED)
  }

  async function signIn(given: string): Promise<void> {
    const token = given.trim()
    end('')
    if (!token) {
      error.value = 'token_missing'
      return
    }
    await enter(token)
  }

  /** Enters with a token or, if it is empty, with the browser's session. */
  async function enter(token: string): Promise<void> {
    busy.value = true
    try {
      const api = new Api(base, token)
      const me = await api.me()
      cookie = token === ''
      if (token) keep(token)
      visit.value = open({ base, api, token, me, notices, ended: end, renewed: keep, profile: cookie ? account.value?.profile : undefined })
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
    void findAccount(!stored)
  }

  async function findAccount(enterToo: boolean): Promise<void> {
    account.value = await guest.account()
    if (!enterToo || !account.value?.user || visit.value || busy.value) return
    const next = takeNext()
    if (next) location.replace(new URL(next, base))
    else await enter('')
  }

  async function signOut(): Promise<void> {
    if (cookie) {
      try {
        await guest.logout()
      } catch (err) {
        if (!(err instanceof ApiError && err.status === 401)) { // else it has ended already
          notices.show(errorText(codeOf(err)), true)
          return
        }
      }
    }
    end('')
  }

  return { visit, busy, error, account, start, signIn, signOut, guest }
}

/** The part of a session that its sign-in needs. */
export type Session = Pick<ReturnType<typeof createSession>, 'busy' | 'error' | 'account' | 'signIn' | 'guest'>
