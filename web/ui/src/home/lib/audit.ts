// The log of a place, in words.

import type { Values } from './wire'

/** A wish as the log has it: `level=60 on=true`. */
export function readOrder(detail: string): Values {
  const set: Values = {}
  for (const part of detail.split(' ')) {
    const at = part.indexOf('=')
    if (at < 1) continue
    const text = part.slice(at + 1)
    set[part.slice(0, at)] = text === 'true' ? true : text === 'false' ? false : text !== '' && Number.isFinite(Number(text)) ? Number(text) : text
  }
  return set
}

/** Somebody in the log who is no member: a display, a guest, another server. */
export function kindOfActor(person: string | undefined): 'person' | 'box' | 'guest' | 'server' {
  if (!person || person.startsWith('server:')) return 'server'
  if (person.startsWith('box:')) return 'box'
  return person.startsWith('guest:') ? 'guest' : 'person'
}
