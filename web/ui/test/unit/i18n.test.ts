import { describe, expect, it } from 'vitest'
import { locales, translate, type Key } from '../../src/i18n'
import en from '../../src/i18n/en.json'
import ko from '../../src/i18n/ko.json'

type Entry = string | Record<string, string>
const catalogs: Record<string, Record<string, Entry>> = { ko, en }
const forms = (entry: Entry) => (typeof entry === 'string' ? [entry] : Object.values(entry))
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()

describe('catalogs', () => {
  it('have the same keys in the same order', () => {
    expect(Object.keys(en)).toEqual(Object.keys(ko))
  })

  it('have no empty text', () => {
    for (const catalog of Object.values(catalogs)) {
      for (const [key, entry] of Object.entries(catalog)) {
        for (const text of forms(entry)) expect(text.trim(), key).not.toBe('')
      }
    }
  })

  it('fill the same holes in every language and form', () => {
    for (const key of Object.keys(ko)) {
      const all = Object.values(catalogs).flatMap((catalog) => forms(catalog[key] as Entry).map(holes))
      for (const found of all) expect(found, key).toEqual(all[0])
    }
  })

  it('have the plural forms their language asks for, and no others', () => {
    for (const locale of locales) {
      const wanted = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted()
      for (const [key, entry] of Object.entries(catalogs[locale] ?? {})) {
        if (typeof entry !== 'string') expect(Object.keys(entry).toSorted(), `${locale} ${key}`).toEqual(wanted)
      }
    }
  })

  it('are used: every key is written somewhere in the sources, or is an error code', async () => {
    const sources = Object.values(
      import.meta.glob('../../src/**/*.{vue,ts}', { query: '?raw', import: 'default', eager: true }) as Record<string, string>,
    ).join('\n')
    // These are put together from a variable part.
    const built = /^(error|theme|new|room\.(public|private|direct)$|create\.(public|private))/
    const unused = Object.keys(ko).filter((key) => !built.test(key) && !sources.includes(`'${key}'`))
    expect(unused).toEqual([])
  })
})

describe('translate', () => {
  const cases: [locale: 'ko' | 'en', key: Key, params: Record<string, string | number>, text: string][] = [
    ['ko', 'log.unread.by', { n: 1 }, '안 읽은 사람 1명'],
    ['en', 'log.unread.by', { n: 1 }, 'Not read by 1 person'],
    ['en', 'log.unread.by', { n: 2 }, 'Not read by 2 people'],
    ['en', 'signin.dev.as', { name: '{n} $& Lee' }, 'Continue as {n} $& Lee'],
    ['ko', 'error.token_missing', {}, '인증 토큰이 누락되었습니다.'],
    ['ko', 'error.token_invalid', {}, '유효하지 않거나 만료된 토큰입니다.'],
  ]
  it.each(cases)('%s %s %o', (locale, key, params, text) => {
    expect(translate(locale, key, params)).toBe(text)
  })
})
