import { describe, expect, it } from 'vitest'
import { Format } from '../../src/lib/format'
import { linked } from '../../src/lib/links'
import { fill, known } from '../../src/lib/texts'
import { firstTexts, xsrfToken } from '../../src/account/lib/ask'
import { digits, grouped } from '../../src/account/lib/code'
import { trouble } from '../../src/account/lib/notices'
import { MAX_PHOTO_BYTES, photoProblem } from '../../src/account/lib/photo'
import { said } from '../../src/account/lib/when'

describe('codes', () => {
  it.each([
    ['135790', '135790'],
    [' 135 790 ', '135790'],
    ['１３５７９０', '135790'],
    ['135-790-1', '135790'],
    ['abc', ''],
  ])('%s is %s', (typed, code) => expect(digits(typed)).toBe(code))

  it.each([
    ['JBSWY3DPEHPK3PXP', 'JBSW Y3DP EHPK 3PXP'],
    ['ABCDE', 'ABCD E'],
    ['', ''],
  ])('%s is read as %s', (key, text) => expect(grouped(key)).toBe(text))
})

describe('what the server says', () => {
  it('is the first text of each field', () => {
    expect(firstTexts({ message: 'x', errors: { email: ['a', 'b'], code: 'c', none: [], odd: [1] } })).toEqual({ email: 'a', code: 'c' })
  })

  it.each([undefined, null, 'text', 5, {}, { errors: null }, { errors: 'x' }])('%o has no errors', (value) => {
    expect(firstTexts(value)).toEqual({})
  })

  it.each([
    ['a=b; XSRF-TOKEN=x%3D%3D; c=d', 'x=='],
    ['XSRF-TOKEN=plain', 'plain'],
    ['XSRF-TOKEN=%', '%'],
    ['MY-XSRF-TOKEN=other', ''],
    ['', ''],
  ])('the token in %s is %s', (cookies, token) => expect(xsrfToken(cookies)).toBe(token))

  it.each([
    [0, 'notice.network'],
    [401, 'notice.expired'],
    [419, 'notice.expired'],
    [429, 'notice.many'],
    [500, 'notice.failed'],
  ])('%i is told as %s', (status, key) => expect(trouble(status)).toBe(key))
})

describe('photos', () => {
  it.each([
    ['image/png', MAX_PHOTO_BYTES, undefined],
    ['image/jpeg', 1, undefined],
    ['image/png', MAX_PHOTO_BYTES + 1, 'info.photo.big'],
    ['image/svg+xml', 1, 'info.photo.type'],
    ['', 1, 'info.photo.type'],
  ])('%s of %i bytes: %s', (type, size, problem) => expect(photoProblem({ type, size })).toBe(problem))
})

describe('moments', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  it.each([
    ['2026-11-22T11:59:30Z', '방금'],
    ['2026-11-22T11:00:00.000000Z', '1시간 전'],
    ['3 minutes ago', '3 minutes ago'],
    ['2026-99-99T00:00:00Z', '2026-99-99T00:00:00Z'],
  ])('%s is said as %s', (moment, text) => expect(said(moment, new Format('ko'), now, '방금')).toBe(text))
})

describe('addresses in a text', () => {
  it('are links, without the full stop after them', () => {
    expect(linked('see https://a.example/x?b=1, or <http://c.example>.')).toEqual([
      { text: 'see ' },
      { text: 'https://a.example/x?b=1', href: 'https://a.example/x?b=1' },
      { text: ', or <' },
      { text: 'http://c.example', href: 'http://c.example' },
      { text: '>.' },
    ])
  })

  it('are only those of the web', () => {
    expect(linked('javascript:alert(1) ftp://x data:text/html,x')).toEqual([{ text: 'javascript:alert(1) ftp://x data:text/html,x' }])
    expect(linked('')).toEqual([])
  })
})

describe('languages', () => {
  it.each([
    [['ko-KR'], 'ko'],
    [[null, undefined, 'fr', 'en-GB', 'ko'], 'en'],
    [['fr'], undefined],
  ] as const)('%o is %s', (tags, locale) => expect(known(...tags)).toBe(locale))

  it('have plural forms', () => {
    expect(fill('en', { one: '{n} thing', other: '{n} things' }, { n: 1 })).toBe('1 thing')
    expect(fill('ko', { other: '{n}개' }, { n: 2 })).toBe('2개')
  })
})
