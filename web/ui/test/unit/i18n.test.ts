import { describe, expect, it } from 'vitest'
import { locales, translate, type Key } from '../../src/i18n'
import accountEn from '../../src/account/i18n/en.json'
import accountKo from '../../src/account/i18n/ko.json'
import chatEn from '../../src/i18n/en.json'
import chatKo from '../../src/i18n/ko.json'
import homeEn from '../../src/home/i18n/en.json'
import homeKo from '../../src/home/i18n/ko.json'
import mailboxEn from '../../src/mailbox/en.json'
import mailboxKo from '../../src/mailbox/ko.json'

type Entry = string | Record<string, string>
type Texts = Record<string, Entry>
/** Each page's catalogs, where they are used, and which keys are put together from a variable part. */
const pages: [page: string, ko: Texts, en: Texts, sources: Record<string, string>, built: RegExp][] = [
  [
    'chat',
    chatKo,
    chatEn,
    import.meta.glob(['../../src/**/*.{vue,ts}', '!../../src/{account,home,mailbox}/**'], { query: '?raw', import: 'default', eager: true }),
    /^(error|theme|new|room\.(public|private|direct)$|create\.(public|private))/,
  ],
  [
    'account',
    accountKo,
    accountEn,
    import.meta.glob('../../src/account/**/*.{vue,ts}', { query: '?raw', import: 'default', eager: true }),
    /^(door\.|site\.|theme\.|status\.|error\.(title|body)\.|factor\.(on|off|pending)$|signedin\.(session|tokens|api_token|device|connection)$|tokens\.permission\.)/,
  ],
  [
    'devices',
    homeKo,
    homeEn,
    import.meta.glob('../../src/home/**/*.{vue,ts}', { query: '?raw', import: 'default', eager: true }),
    /^(error|outcome|reading|order|end|actor|mode|audit)\.|^role\.(owner|member)(\.hint)?$|^place\.(rename|leave|delete|unpair|forget)(\.|$)|^code\.from\.(here|house)$|^grant\.(approved|denied)/,
  ],
  ['mailbox', mailboxKo, mailboxEn, import.meta.glob('../../src/mailbox/*.vue', { query: '?raw', import: 'default', eager: true }), /^$/],
]
const forms = (entry: Entry) => (typeof entry === 'string' ? [entry] : Object.values(entry))
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()

describe.each(pages)('catalogs of %s', (page, ko, en, sources, built) => {
  const catalogs: Record<string, Texts> = { ko, en }

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

  it('are used: every key is written somewhere in the sources, or is put together', () => {
    const all = Object.values(sources).join('\n')
    const unused = Object.keys(ko).filter((key) => !built.test(key) && !all.includes(page === 'mailbox' ? `texts.${key}` : `'${key}'`))
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
