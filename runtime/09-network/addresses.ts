/** IPv4 and IPv6 addresses as numbers, and back. */

/** An address: 32 or 128 bits, as a number. */
export interface Address {
  family: 4 | 6
  value: bigint
}

/** A range of addresses that have their first `prefix` bits in common: 172.17.0.0/16. */
export interface Subnet {
  family: 4 | 6
  /** The lowest address. */
  base: bigint
  prefix: number
}

/** The address that `text` is; undefined if it is none. */
export function parseAddress(text: string): Address | undefined {
  if (text.includes(':')) {
    const value = parseSix(text)
    return value === undefined ? undefined : { family: 6, value }
  }
  const parts = text.split('.')
  const isFour = parts.length === 4 && parts.every((part) => isByte(part))
  if (!isFour) return undefined
  return { family: 4, value: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) }
}

/** Without leading zeros, which some programs take for octal numbers. */
function isByte(text: string): boolean {
  return /^(0|[1-9]\d{0,2})$/.test(text) && Number(text) < 256
}

/** Groups of 16 bits, of which `::` leaves out those that are 0; the last 32 may be as in IPv4. */
function parseSix(text: string): bigint | undefined {
  const four = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (four) {
    const end = parseAddress(four[2] ?? '')
    if (!end) return undefined
    const [high, low] = [end.value >> 16n, end.value & 0xffffn]
    return parseSix(`${four[1]}${high.toString(16)}:${low.toString(16)}`)
  }
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const [left = [], right = [], ...more] = halves
  const isShort = halves.length === 2
  const count = left.length + right.length
  const isWhole = isShort ? count < 8 : count === 8
  const groups = [...left, ...Array<string>(isWhole ? 8 - count : 0).fill('0'), ...right]
  if (more.length > 0 || !isWhole || !groups.every((each) => /^[\da-f]{1,4}$/i.test(each)))
    return undefined
  return groups.reduce((sum, each) => (sum << 16n) | BigInt(`0x${each}`), 0n)
}

/** As it is usually written; IPv6 by RFC 5952, the longest run of zeros left out. */
export function formatAddress({ family, value }: Address): string {
  if (family === 4) return bytesOf(value, 4).join('.')
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((value >> BigInt(112 - 16 * at)) & 0xffffn).toString(16),
  )
  const runs = [...groups.join(':').matchAll(/(?<![\da-f])0(?::0)+(?![\da-f])/g)]
  const [first] = runs.sort((a, b) => b[0].length - a[0].length || a.index - b.index)
  const text = groups.join(':')
  if (!first) return text
  const [before, after] = [text.slice(0, first.index), text.slice(first.index + first[0].length)]
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`
}

/** The last `count` bytes of a number, highest first. */
export function bytesOf(value: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, at) =>
    Number((value >> BigInt(8 * (count - 1 - at))) & 0xffn),
  )
}

/** `172.17.0.0/16`; undefined for anything else. Bits behind the prefix are taken as 0. */
export function parseSubnet(text: string): Subnet | undefined {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const parsed = parseAddress(address)
  const prefix = Number(bits)
  if (!parsed || bits === '' || prefix > bitsOf(parsed.family)) return undefined
  return subnetOf(parsed, prefix)
}

/** The subnet of an address. */
export function subnetOf({ family, value }: Address, prefix: number): Subnet {
  const free = BigInt(bitsOf(family) - prefix)
  return { family, base: (value >> free) << free, prefix }
}

export function formatSubnet({ family, base, prefix }: Subnet): string {
  return `${formatAddress({ family, value: base })}/${prefix}`
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128
}

/** The highest address of a subnet: in IPv4 the one for all of its members. */
export function lastOf({ family, base, prefix }: Subnet): bigint {
  return base + (1n << BigInt(bitsOf(family) - prefix)) - 1n
}

/** Whether an address is in a subnet. */
export function contains(subnet: Subnet, { family, value }: Address): boolean {
  return family === subnet.family && value >= subnet.base && value <= lastOf(subnet)
}

/** Whether two subnets have an address in common. */
export function overlap(one: Subnet, other: Subnet): boolean {
  return one.family === other.family && one.base <= lastOf(other) && other.base <= lastOf(one)
}

/** The IPv6 address that an interface with this MAC address gives itself (RFC 4291, appendix A). */
export function linkLocal(mac: string): string {
  const [first = 0, ...rest] = mac.split(':').map((byte) => parseInt(byte, 16))
  const bytes = [first ^ 2, ...rest.slice(0, 2), 0xff, 0xfe, ...rest.slice(2)]
  const end = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return formatAddress({ family: 6, value: (0xfe80n << 112n) | end })
}
