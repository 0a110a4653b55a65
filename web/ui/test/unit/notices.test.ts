import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNotices } from '../../src/state/notices'

describe('notices', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('shows the same once, for as long as the last time asks', () => {
    const { list, show } = createNotices()
    show('gone', true)
    show('gone')
    vi.advanceTimersByTime(4_000)
    show('gone', true)
    expect(list.map((one) => [one.text, one.bad])).toEqual([['gone', false], ['gone', true]])
    vi.advanceTimersByTime(4_000)
    expect(list.map((one) => one.bad)).toEqual([true])
    vi.advanceTimersByTime(4_000)
    expect(list).toEqual([])
  })
})
