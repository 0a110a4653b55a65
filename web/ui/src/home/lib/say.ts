// What devices measure, in words.

import { computed } from 'vue'
import { useI18n } from '../i18n'
import { UNITS, type Reading } from './things'

export function useReadings() {
  const { t, named, locale } = useI18n()
  const number = computed(() => new Intl.NumberFormat(locale.value, { maximumFractionDigits: 1 }))

  function value({ name, value }: Reading): string {
    if (typeof value === 'boolean') return named(`reading.${name}`, value ? 'yes' : 'no') ?? t(value ? 'reading.yes' : 'reading.no')
    if (typeof value === 'number') return number.value.format(value) + (UNITS[name] ?? '')
    return value
  }

  /** What speaks for itself needs no name. */
  function labelled(one: Reading): string {
    if (one.name === 'power') return value(one)
    return `${named('reading', one.name) ?? one.name} ${value(one)}`
  }

  return { value, labelled }
}
