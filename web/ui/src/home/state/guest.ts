// Pairing in a house where nobody signs in: GET /code, POST /codecheck, and the token they give, which stays in this browser.

import { ApiError } from '../../lib/api'
import { serialOf } from '../lib/things'

const STORED = 'madang.pairing'
const TIMEOUT_MS = 15_000

export function storedPairing(): string {
  const token = localStorage.getItem(STORED) ?? ''
  if (token && !serialOf(token)) forgetPairing()
  return localStorage.getItem(STORED) ?? ''
}

export function keepPairing(token: string): void {
  localStorage.setItem(STORED, token)
}

export function forgetPairing(): void {
  localStorage.removeItem(STORED)
}

/** The words of the box, which apps of old know, and the codes that this page has texts for. */
const WORDS: Record<string, string> = { '만료된 코드': 'code_expired', '잘못된 인증코드': 'code_wrong' }
const STATUSES: Record<number, string> = { 403: 'forbidden', 421: 'misdirected', 423: 'hub_locked', 429: 'too_many', 503: 'no_display' }

async function ask(base: URL, method: string, path: string, headers: Record<string, string> = {}): Promise<{ token?: string }> {
  let res: Response
  let body: { token?: string; message?: string } = {}
  try {
    res = await fetch(new URL(path, base), { method, headers: { Accept: 'application/json', ...headers }, cache: 'no-store', credentials: 'same-origin', signal: AbortSignal.timeout(TIMEOUT_MS) })
    body = (await res.json()) as typeof body
  } catch {
    throw new ApiError('network', 0)
  }
  if (!res.ok) throw new ApiError(WORDS[body.message ?? ''] ?? STATUSES[res.status] ?? `http_${res.status}`, res.status)
  return body
}

export async function askCode(base: URL): Promise<void> {
  await ask(base, 'GET', 'code')
}

export async function checkCode(base: URL, code: string): Promise<string> {
  const { token } = await ask(base, 'POST', 'codecheck', { code })
  if (!token || !serialOf(token)) throw new ApiError('other', 0)
  return token
}
