// What a key does in the message field.

type Key = Pick<KeyboardEvent, 'key' | 'keyCode' | 'isComposing' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'>

/** The code browsers give a key that an input method has taken. */
const TAKEN_BY_IME = 229

/**
 * Enter sends, Shift+Enter breaks the line. While a syllable is being composed Enter belongs to the input method:
 * sending then would lose or repeat that syllable. Safari reports the end of the composition before this key, so
 * `isComposing` alone is not enough.
 */
export function sends(event: Key): boolean {
  if (event.key !== 'Enter') return false
  if (event.isComposing || event.keyCode === TAKEN_BY_IME) return false
  return !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey
}
