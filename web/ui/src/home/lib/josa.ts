// Korean particles after a name that is not known when a text is written.

/** The form after a consonant, and the one after a vowel. */
const PAIRS: Record<string, readonly [string, string]> = { '을(를)': ['을', '를'], '이(가)': ['이', '가'], '은(는)': ['은', '는'] }
const HANGUL = 0xac00
const SYLLABLES = 11172
const FINALS = 28

/** Whether a character, as it is read in Korean, ends in a consonant. */
function closed(char: string): boolean {
  const at = (char.codePointAt(0) ?? 0) - HANGUL
  if (at >= 0 && at < SYLLABLES) return at % FINALS !== 0
  return /[013678lmnr]/i.test(char)
}

/** Chooses the particles of a text that was filled with names: `현관을(를)` becomes `현관을`. */
export function withParticles(text: string): string {
  return text.replace(/(.)([’”"')\]]?)(을\(를\)|이\(가\)|은\(는\))/gu, (_, last: string, quote: string, pair: string) => {
    const [afterConsonant, afterVowel] = PAIRS[pair] ?? [pair, pair]
    return last + quote + (closed(last) ? afterConsonant : afterVowel)
  })
}
