// Moments as people say them.

import type { Format } from '../../lib/format'

const MINUTE_MS = 60_000

/** A moment that the server gives as a date is said in the reader's words; one that it gives in words stays as it is. */
export function said(moment: string, format: Format, now: number, justNow: string): string {
  if (!/^\d{4}-\d\d-\d\dT/.test(moment)) return moment
  const date = new Date(moment)
  if (Number.isNaN(date.getTime())) return moment
  return now - date.getTime() < MINUTE_MS ? justNow : format.ago(date, now)
}
