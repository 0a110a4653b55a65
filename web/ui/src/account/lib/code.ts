// Codes as people type and paste them.

export const CODE_LENGTH = 6

/** The digits of what was typed: apps show codes in two groups, and some keyboards type wide digits. */
export function digits(typed: string): string {
  return typed.normalize('NFKC').replace(/\D/g, '').slice(0, CODE_LENGTH)
}

/** A setup key in groups of four, for people who type it. */
export function grouped(key: string): string {
  return key.match(/.{1,4}/g)?.join(' ') ?? ''
}
