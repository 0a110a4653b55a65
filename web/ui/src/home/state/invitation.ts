// An invitation that somebody has opened stays in this tab until they are signed in: `#join=…`.

const STORED = 'madang.join'

/** Takes it from the address, which does not keep it. */
export function keepInvitation(): void {
  const told = new URLSearchParams(location.hash.slice(1))
  const secret = told.get('join')
  if (secret === null) return
  told.delete('join')
  history.replaceState(null, '', location.pathname + location.search + (told.size ? `#${told}` : ''))
  if (secret) sessionStorage.setItem(STORED, secret)
}

export function takeInvitation(): string {
  const secret = sessionStorage.getItem(STORED) ?? ''
  sessionStorage.removeItem(STORED)
  return secret
}

export function invitationLink(secret: string): string {
  return `${location.origin}${location.pathname}#${new URLSearchParams({ join: secret })}`
}

/** The secret of what somebody was given: the link, or what stands in it. */
export function secretOf(given: string): string {
  const text = given.trim()
  const at = text.indexOf('#')
  return at < 0 ? text : (new URLSearchParams(text.slice(at + 1)).get('join') ?? '')
}
