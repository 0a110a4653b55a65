// Codes as people type and paste them.

export const CODE_LENGTH = 6

/** The digits of what was typed: apps show codes in two groups, and some keyboards type wide digits. */
export function digits(typed: string): string {
  return typed.normalize('NFKC').replace(/\D/g, '').slice(0, CODE_LENGTH)
}

export const LETTERS_LENGTH = 8

/** The letters of what was typed, of an alphabet without vowels (RFC 8628, section 6.1), in capitals. */
export function letters(typed: string): string {
  return typed.normalize('NFKC').toUpperCase().replace(/[^BCDFGHJKLMNPQRSTVWXZ]/g, '').slice(0, LETTERS_LENGTH)
}

/** Letters as they are shown: WDJB-MJHT. */
export function hyphened(code: string): string {
  const half = LETTERS_LENGTH / 2
  return code.length > half ? `${code.slice(0, half)}-${code.slice(half)}` : code
}

/** A setup key in groups of four, for people who type it. */
export function grouped(key: string): string {
  return key.match(/.{1,4}/g)?.join(' ') ?? ''
}
