// What catalogs of texts have in common: one lookup, plural forms by Intl.PluralRules.

export type Locale = 'ko' | 'en'
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }
export type Catalog<Key extends string> = Record<Key, string | Plural>
export type Params = Record<string, string | number>

export const locales: readonly Locale[] = ['ko', 'en']
const STORED = 'madang.locale'
const YEAR_S = 31_536_000

/** The text of one entry; `{n}` chooses the plural form. */
export function fill(locale: Locale, entry: string | Plural, params: Params = {}): string {
  let text = entry
  if (typeof text !== 'string') {
    const form = new Intl.PluralRules(locale).select(Number(params.n ?? 0))
    text = text[form] ?? text.other
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

/** The first of some language tags that there is a catalog for. */
export function known(...tags: (string | null | undefined)[]): Locale | undefined {
  return tags.map((tag) => tag?.slice(0, 2)).find((tag): tag is Locale => locales.includes(tag as Locale))
}

/** The language that was chosen in this browser. */
export function chosenLocale(): Locale | undefined {
  const cookie = /(?:^|;\s*)locale=(\w+)/.exec(document.cookie)?.[1]
  return known(cookie, localStorage.getItem(STORED))
}

/** Keeps a choice for every page of this host, and for what the server says. */
export function chooseLocale(to: Locale): void {
  localStorage.setItem(STORED, to)
  const secure = location.protocol === 'https:' ? '; Secure' : ''
  document.cookie = `locale=${to}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${secure}`
}
