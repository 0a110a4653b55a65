// Addresses inside a text.

/** A text in pieces; those that are addresses have one. Nothing else than http and https is an address. */
export function linked(text: string): { text: string; href?: string }[] {
  return text
    .split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'’”])/g)
    .map((piece, n) => (n % 2 ? { text: piece, href: piece } : { text: piece }))
    .filter((piece) => piece.text !== '')
}
