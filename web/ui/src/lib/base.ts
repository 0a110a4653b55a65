// Where the server is, seen from this page.

/** The address below which /v1, /socket.io and /dev/session are; it ends with a slash. */
export function serverBase(doc: Document = document): URL {
  const given = doc.querySelector<HTMLMetaElement>('meta[name="madang-base"]')?.content || './'
  const base = new URL(given, doc.baseURI)
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  base.search = ''
  base.hash = ''
  return base
}
