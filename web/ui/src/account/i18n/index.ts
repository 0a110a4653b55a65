// The texts of the account pages. The language is what was chosen in this browser, else what the server says.

import { computed, ref, watchEffect } from 'vue'
import { Format } from '../../lib/format'
import { chooseLocale, chosenLocale, fill, known, type Catalog, type Locale, type Params } from '../../lib/texts'
import en from './en.json'
import ko from './ko.json'

export type Key = keyof typeof ko

const catalogs: Record<Locale, Catalog<Key>> = { ko, en }
const locale = ref<Locale>('ko')
const format = computed(() => new Format(locale.value))

export function translate(locale: Locale, key: Key, params: Params = {}): string {
  return fill(locale, catalogs[locale][key], params)
}

/** Chooses the language and keeps the document's lang in step. */
export function startI18n(served: unknown): void {
  locale.value = chosenLocale() ?? known(String(served ?? '')) ?? 'en'
  watchEffect(() => {
    document.documentElement.lang = locale.value
  })
}

function setLocale(to: Locale): void {
  locale.value = to
  chooseLocale(to)
}

function t(key: Key, params?: Params): string {
  return translate(locale.value, key, params)
}

/** The text of `prefix.name` if the catalog has one; what a server adds later is shown as it calls it. */
function named(prefix: string, name: string): string {
  const key = `${prefix}.${name}`
  return key in ko ? t(key as Key, { n: 1 }) : name
}

export function useI18n() {
  return { t, named, locale, setLocale, format }
}
