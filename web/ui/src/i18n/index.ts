// Texts in the reader's language: two catalogs, one lookup.

import { computed, ref, watchEffect } from 'vue'
import { Format } from '../lib/format'
import { chooseLocale, chosenLocale, fill, known, locales, type Catalog, type Locale, type Params } from '../lib/texts'
import en from './en.json'
import ko from './ko.json'

export type Key = keyof typeof ko
export { locales, type Locale }

const catalogs: Record<Locale, Catalog<Key>> = { ko, en }

/** The text of one key; `{n}` chooses the plural form. */
export function translate(locale: Locale, key: Key, params: Params = {}): string {
  return fill(locale, catalogs[locale][key], params)
}

const locale = ref<Locale>('ko')
const format = computed(() => new Format(locale.value))

/** Chooses the language of this browser and keeps the document's lang in step. */
export function startI18n(): void {
  locale.value = chosenLocale() ?? known(...navigator.languages) ?? 'en'
  watchEffect(() => {
    document.documentElement.lang = locale.value
  })
}

function setLocale(to: Locale): void {
  locale.value = to
  chooseLocale(to)
}

/** The text of an error code; codes without one of their own share a general text. */
function errorText(code: string): string {
  const key = `error.${code}`
  return t(key in ko ? (key as Key) : 'error.other')
}

function t(key: Key, params?: Params): string {
  return translate(locale.value, key, params)
}

export function useI18n() {
  return { t, errorText, locale, setLocale, format }
}
