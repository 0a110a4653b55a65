// What happened, said once: shown for a while, and read out.

import { reactive } from 'vue'
import type { Key } from '../i18n'
import { Refused } from './ask'

export interface Notice {
  id: number
  text: string
  bad: boolean
}

const SHOWN_MS = 6_000

export const notices = reactive<Notice[]>([])
let last = 0

export function say(text: string, bad = false): void {
  const id = ++last
  notices.splice(0, notices.length, { id, text, bad })
  if (!bad) setTimeout(() => dismiss(id), SHOWN_MS)
}

export function dismiss(id: number): void {
  const at = notices.findIndex((one) => one.id === id)
  if (at >= 0) notices.splice(at, 1)
}

/** What is said of an answer that was none. */
export function trouble(status: number): Key {
  if (status === 0) return 'notice.network'
  if (status === 401 || status === 419) return 'notice.expired'
  if (status === 429) return 'notice.many'
  return 'notice.failed'
}

export const troubleOf = (err: unknown): Key => trouble(err instanceof Refused ? err.status : -1)
