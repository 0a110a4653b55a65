import { describe, expect, it } from 'vitest'
import { sends } from '../../src/lib/composer'

const key = (more: Partial<KeyboardEvent>) => ({
  key: 'Enter',
  keyCode: 13,
  isComposing: false,
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  ...more,
})

describe('Enter', () => {
  it.each([
    ['alone sends', {}, true],
    ['with Shift breaks the line', { shiftKey: true }, false],
    ['while a syllable is composed does not send', { isComposing: true }, false],
    ['with the code of an input method does not send', { keyCode: 229 }, false],
    ['while composing with both signs does not send', { isComposing: true, keyCode: 229 }, false],
    ['with Control does not send', { ctrlKey: true }, false],
    ['is not any other key', { key: 'a', keyCode: 65 }, false],
  ])('%s', (_, more, expected) => {
    expect(sends(key(more))).toBe(expected)
  })
})
