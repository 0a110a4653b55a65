// Where somebody wanted to be who had to sign in first: the server leads them to the chat page, which leads them on.

const STORED = 'madang.next'
/** Pages of this server, and nothing else: what is stored here may have been written by anything. */
const PAGES = /^(home|device)(\?user_code=[\w-]{1,32})?$/

export function keepNext(page: string): void {
  if (PAGES.test(page)) sessionStorage.setItem(STORED, page)
  else sessionStorage.removeItem(STORED)
}

/** The page, once; empty: none. */
export function takeNext(): string {
  const page = sessionStorage.getItem(STORED) ?? ''
  sessionStorage.removeItem(STORED)
  // A page that is there needs not be gone to.
  return PAGES.test(page) && !location.pathname.endsWith(`/${page.replace(/\?.*/, '')}`) ? page : ''
}
