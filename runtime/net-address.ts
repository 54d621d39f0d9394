/** Internet addresses as bytes, and as people write them. */

/** The 4 or 16 bytes of an address, in network order. It must be one. */
export function fromAddress(address: string): Uint8Array {
  if (!address.includes(':')) return Uint8Array.from(address.split('.'), Number)
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  const [, front = '', ...digits] = dotted ?? []
  const [a = 0, b = 0, c = 0, d = 0] = digits.map(Number)
  const pair = (high: number, low: number) => (high * 256 + low).toString(16)
  const whole = dotted ? `${front}${pair(a, b)}:${pair(c, d)}` : address
  const [before = [], after] = whole.split('::').map((part) => part.split(':').filter(Boolean))
  const missing = after ? Array<string>(8 - before.length - after.length).fill('0') : []
  const groups = [...before, ...missing, ...(after ?? [])].map((group) => parseInt(group, 16))
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]))
}

/** The address that 4 or 16 bytes are, in its shortest form (RFC 5952). */
export function toAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0)).toString(16),
  )
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)]
  const longest = runs.toSorted((a, b) => b[0].length - a[0].length)[0]
  if (!longest) return groups.join(':')
  const text = groups.join(':')
  const before = text.slice(0, longest.index).replace(/:$/, '')
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '')
  return `${before}::${after}`
}
