// The texts of the pages of devices. Language and formats are those of all pages of this host: see src/i18n.

import { useI18n as useShared } from '../../i18n'
import { fill, type Catalog, type Locale, type Params } from '../../lib/texts'
import { withParticles } from '../lib/josa'
import en from './en.json'
import ko from './ko.json'

export type Key = keyof typeof ko

const catalogs: Record<Locale, Catalog<Key>> = { ko, en }

export function useI18n() {
  const shared = useShared()
  const { locale } = shared

  function t(key: Key, params?: Params): string {
    return withParticles(fill(locale.value, catalogs[locale.value][key], params))
  }

  /** The text of `prefix.name` if there is one, else undefined: servers know words that this page does not. */
  function named(prefix: string, name: string, params?: Params): string | undefined {
    const key = `${prefix}.${name}`
    return Object.hasOwn(ko, key) ? t(key as Key, params) : undefined
  }

  /** Why something was refused. */
  function errorText(code: string): string {
    return named('error', code) ?? t('error.other')
  }

  return { t, named, errorText, locale, setLocale: shared.setLocale, format: shared.format }
}
