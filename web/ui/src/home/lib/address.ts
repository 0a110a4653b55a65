// Where an address is, as far as it says: in the same house, or anywhere.

/** `here`: this machine; `house`: a network that is not routed (RFC 1918, RFC 4193, link-local); `far`: anywhere else. */
export function whereFrom(address: string): 'here' | 'house' | 'far' {
  const plain = address.toLowerCase().replace(/^::ffff:/, '').replace(/%.*$/, '')
  if (plain === '::1' || /^127\./.test(plain)) return 'here'
  if (/^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/.test(plain)) return 'house'
  return 'far'
}
