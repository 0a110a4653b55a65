// What the server says of devices at home in the page itself, before anybody has asked it anything.

export interface Feature {
  /** `home`: the server is the box in the house; `cloud`: boxes connect to it. */
  mode: 'home' | 'cloud'
  /** The box's own serial, in home mode. */
  serial: string
  /** What the codes of boxes look like. */
  format: 'digits-6' | 'base20-8'
  /** People pair without signing in, as in a house where nobody does. */
  guest: boolean
}

/** Reads the content of `<meta name="madang-devices">`; null: this server has no devices. */
export function readFeature(content: string): Feature | null {
  const told = new URLSearchParams(content)
  const mode = told.get('mode')
  if (mode !== 'home' && mode !== 'cloud') return null
  const format = told.get('format') === 'base20-8' ? 'base20-8' : 'digits-6'
  return { mode, serial: told.get('serial') ?? '', format, guest: told.has('guest') }
}

export function feature(doc: Document = document): Feature | null {
  return readFeature(doc.querySelector<HTMLMetaElement>('meta[name="madang-devices"]')?.content ?? '')
}
