// Dates as people write them.

import type { Locale } from './texts'

const tags: Record<Locale, string> = { ko: 'ko-KR', en: 'en-GB' }

/** Some versions of the locale data shorten these to AM and PM, which nobody writes in Korean. */
const periods: Partial<Record<Locale, readonly [string, string]>> = { ko: ['오전', '오후'] }

const DAY_MS = 86_400_000

export class Format {
  private readonly periods: readonly [string, string] | undefined
  private readonly clock: Intl.DateTimeFormat
  private readonly long: Intl.DateTimeFormat
  private readonly short: Intl.DateTimeFormat
  private readonly shortYear: Intl.DateTimeFormat
  private readonly relative: Intl.RelativeTimeFormat

  constructor(locale: Locale) {
    const tag = tags[locale]
    this.periods = periods[locale]
    this.clock = new Intl.DateTimeFormat(tag, { timeStyle: 'short' })
    this.long = new Intl.DateTimeFormat(tag, { dateStyle: 'full' })
    this.short = new Intl.DateTimeFormat(tag, { month: 'short', day: 'numeric' })
    this.shortYear = new Intl.DateTimeFormat(tag, { year: 'numeric', month: 'short', day: 'numeric' })
    this.relative = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' })
  }

  /** 오후 3:05 */
  time(date: Date): string {
    const period = this.periods?.[date.getHours() < 12 ? 0 : 1]
    const parts = this.clock.formatToParts(date)
    return parts.map((part) => (period && part.type === 'dayPeriod' ? period : part.value)).join('')
  }

  /** 2026년 11월 22일 일요일 */
  day(date: Date): string {
    return this.long.format(date)
  }

  /** The time today, then "yesterday", then the date. */
  stamp(date: Date, now: number): string {
    const days = daysBetween(date, new Date(now))
    if (days <= 0) return this.time(date)
    if (days === 1) return this.relative.format(-1, 'day')
    return date.getFullYear() === new Date(now).getFullYear() ? this.short.format(date) : this.shortYear.format(date)
  }

  /** 3분 전 */
  ago(date: Date, now: number): string {
    const minutes = Math.max(1, Math.floor((now - date.getTime()) / 60_000))
    if (minutes < 60) return this.relative.format(-minutes, 'minute')
    if (minutes < 24 * 60) return this.relative.format(-Math.floor(minutes / 60), 'hour')
    return this.relative.format(-Math.max(1, daysBetween(date, new Date(now))), 'day')
  }
}

/** Midnights between two moments, in the reader's own time zone. */
function daysBetween(from: Date, to: Date): number {
  const a = Date.UTC(from.getFullYear(), from.getMonth(), from.getDate())
  const b = Date.UTC(to.getFullYear(), to.getMonth(), to.getDate())
  return Math.round((b - a) / DAY_MS)
}
