// Texts in the reader's language: two catalogs, one lookup, plural forms by Intl.PluralRules.

import { computed, ref, watchEffect } from 'vue'
import { Format } from '../lib/format'
import en from './en.json'
import ko from './ko.json'

export type Locale = 'ko' | 'en'
export type Key = keyof typeof ko
type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }
type Catalog = Record<Key, string | Plural>
type Params = Record<string, string | number>

export const locales: readonly Locale[] = ['ko', 'en']
const catalogs: Record<Locale, Catalog> = { ko, en }
const STORED = 'madang.locale'

/** The text of one key; `{n}` chooses the plural form. */
export function translate(locale: Locale, key: Key, params: Params = {}): string {
  let text = catalogs[locale][key]
  if (typeof text !== 'string') {
    const form = new Intl.PluralRules(locale).select(Number(params.n ?? 0))
    text = text[form] ?? text.other
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole))
}

function first(): Locale {
  const stored = localStorage.getItem(STORED)
  const wanted = [stored, ...navigator.languages].map((tag) => tag?.slice(0, 2))
  return wanted.find((tag): tag is Locale => locales.includes(tag as Locale)) ?? 'en'
}

const locale = ref<Locale>('ko')
const format = computed(() => new Format(locale.value))

/** Chooses the language of this browser and keeps the document's lang in step. */
export function startI18n(): void {
  locale.value = first()
  watchEffect(() => {
    document.documentElement.lang = locale.value
  })
}

function setLocale(to: Locale): void {
  locale.value = to
  localStorage.setItem(STORED, to)
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
