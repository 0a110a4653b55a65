import { describe, expect, it } from 'vitest'
import { Format } from '../../src/lib/format'

const ko = new Format('ko')
const en = new Format('en')
const now = new Date(2026, 10, 22, 15, 5)
const before = (days: number, minutes = 0) => new Date(2026, 10, 22 - days, 15, 5 - minutes)

describe('dates', () => {
  it('read as people write them', () => {
    expect(ko.time(now)).toBe('오후 3:05')
    expect(en.time(now)).toBe('15:05')
    expect(ko.day(now)).toBe('2026년 11월 22일 일요일')
  })

  it('grow coarser with age', () => {
    expect(ko.stamp(now, now.getTime())).toBe('오후 3:05')
    expect(ko.stamp(before(1), now.getTime())).toBe('어제')
    expect(ko.stamp(before(4), now.getTime())).toBe('11월 18일')
    expect(ko.stamp(before(400), now.getTime())).toContain('2025')
  })

  it('tell how long ago somebody was here', () => {
    expect(ko.ago(before(0, 3), now.getTime())).toBe('3분 전')
    expect(ko.ago(before(0, 0), now.getTime())).toBe('1분 전')
    expect(en.ago(before(0, 125), now.getTime())).toBe('2 hours ago')
    expect(ko.ago(before(3), now.getTime())).toBe('3일 전')
  })
})
