// Letting another device in (RFC 8628): what stands behind the code that it shows, and yes or no.

import { xsrfToken } from '../../account/lib/ask'
import { ApiError } from '../../lib/api'

/** What a device that shows a code asks for. */
export interface Request {
  request: string
  user_code: string
  hub: { serial: string; name: string }
  /** Where it asks from. */
  address: string
  asked_at: string
  /** Seconds. */
  expires_in: number
  /** The hub's place, if it has one; else the person chooses. */
  place: { id: string; name: string } | null
  places: { id: string; name: string }[] | null
}

const TIMEOUT_MS = 15_000
const STATUSES: Record<number, string> = { 401: 'unauthenticated', 403: 'grant_forbidden', 404: 'grant_unknown', 429: 'too_many' }

export function createGrant(base: URL, token: string) {
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest' }
    const proof = xsrfToken(document.cookie)
    if (token) headers.Authorization = `Bearer ${token}`
    else if (proof) headers['X-XSRF-TOKEN'] = proof
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    let res: Response
    let value: unknown
    try {
      res = await fetch(new URL(path, base), {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: 'no-store',
        credentials: token ? 'omit' : 'same-origin',
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      value = await res.json()
    } catch {
      throw new ApiError('network', 0)
    }
    if (!res.ok) throw new ApiError(STATUSES[res.status] ?? `http_${res.status}`, res.status)
    return value as T
  }

  return {
    look: (code: string) => call<Request>('GET', `oauth/device?${new URLSearchParams({ user_code: code })}`),
    decide: (of: Request, approve: boolean, place: string) =>
      call<unknown>('POST', 'oauth/device', { request: of.request, hub: of.hub.serial, approve, place }),
  }
}
