// The calls that are not visits: what a page asks the server for, as JSON.

/** What the server answered: `errors` are the first texts of the fields of a form, if it was about one. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly errors: Record<string, string> = {},
  ) {
    super(`refused (${status})`)
  }
}

const TIMEOUT_MS = 15_000

/** The token against forged requests, from the cookie that the server sets for scripts. */
export function xsrfToken(cookies: string): string {
  const value = /(?:^|;\s*)XSRF-TOKEN=([^;]*)/.exec(cookies)?.[1] ?? ''
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

/** Asks the server, which answers with JSON or with nothing. Status 0: nobody answered. */
export async function ask<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'X-Requested-With': 'XMLHttpRequest' }
  const token = xsrfToken(document.cookie)
  if (token) headers['X-XSRF-TOKEN'] = token
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  let res: Response
  let text: string
  try {
    res = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'same-origin',
      // A redirect is a page that wants to be shown: this is no visit.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    text = await res.text()
  } catch {
    throw new Refused(0)
  }
  const value = parse(text)
  if (!res.ok) throw new Refused(res.status, firstTexts(value))
  return value as T
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

/** The first text of each field of Laravel's 422. */
export function firstTexts(value: unknown): Record<string, string> {
  const errors = (value as { errors?: unknown } | null | undefined)?.errors
  if (typeof errors !== 'object' || errors === null) return {}
  const first: Record<string, string> = {}
  for (const [field, texts] of Object.entries(errors)) {
    const text: unknown = Array.isArray(texts) ? texts[0] : texts
    if (typeof text === 'string') first[field] = text
  }
  return first
}
