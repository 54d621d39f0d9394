/** Subnets for networks that name none: free ones, by what this machine routes. */
import { tryRead } from '../files.ts'
import { formatSubnet, overlap, parseAddress, parseSubnet, subnetOf } from './addresses.ts'
import type { Subnet } from './addresses.ts'

/** Where subnets are taken from, and how large: Docker's pools. */
const pools = [
  ...Array.from({ length: 15 }, (_, at) => `172.${17 + at}.0.0/16`),
  ...Array.from({ length: 16 }, (_, at) => `192.168.${16 * at}.0/20`),
]

/** The first pool that overlaps with nothing in `taken`. Throws in Docker's words if none is. */
export function freePool(taken: Subnet[]): string {
  const found = pools.find((pool) => isFree(pool, taken))
  if (found) return found
  throw new Error(
    'could not find an available, non-overlapping IPv4 address pool among the defaults to ' +
      "assign to the network: 'network prune' frees those of unused networks, or give --subnet",
  )
}

/** Whether a subnet overlaps with nothing in `taken`. */
export function isFree(text: string, taken: Subnet[]): boolean {
  const subnet = parseSubnet(text)
  return subnet !== undefined && !taken.some((each) => overlap(each, subnet))
}

/** Of the addresses that nobody routes (RFC 4193): 56 of the bits come from the network's id. */
export function localSubnet(id: string): string {
  const value = BigInt(`0xfd${id.slice(0, 14)}`) << 64n
  return formatSubnet({ family: 6, base: value, prefix: 64 })
}

/** A way that this machine knows. */
export interface Route {
  subnet: Subnet
  device: string
}

/**
 * The routes of this network namespace, but for those that lead everywhere: a default route, or a
 * VPN's two halves of everything.
 */
export function hostRoutes(): Route[] {
  return allRoutes().filter(({ subnet }) => subnet.prefix > 1)
}

/** The others. A half of everything goes before a default route. */
export function wideRoutes(): Route[] {
  const wide = allRoutes().filter(({ subnet }) => subnet.family === 4 && subnet.prefix < 2)
  return wide.sort((a, b) => b.subnet.prefix - a.subnet.prefix)
}

function allRoutes(): Route[] {
  const four = routesIn(tryRead('/proc/net/route') ?? '')
  return [...four, ...routesOfSix(tryRead('/proc/net/ipv6_route') ?? '')]
}

/** Whether the pools have a subnet that nobody routes. */
export function hasFreePool(): boolean {
  const taken = hostRoutes().map(({ subnet }) => subnet)
  return pools.some((pool) => isFree(pool, taken))
}

/** `eth0 0000A8C0 00000000 0001 0 0 0 00FFFFFF …`: in the byte order of the machine. */
function routesIn(text: string): Route[] {
  return text.split('\n').slice(1).flatMap((line) => {
    const [device = '', to = '', , , , , , mask = ''] = line.trim().split(/\s+/)
    if (!/^[\dA-F]{8}$/i.test(to) || !/^[\dA-F]{8}$/i.test(mask)) return []
    const value = BigInt(swapped(to))
    return [{ device, subnet: subnetOf({ family: 4, value }, bitsSet(swapped(mask))) }]
  })
}

function swapped(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE()
}

function bitsSet(mask: number): number {
  return mask.toString(2).replaceAll('0', '').length
}

/** `fd00…0000 40 …: destination, prefix in hexadecimal digits, and at the end the device. */
function routesOfSix(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [to = '', prefix = '', ...rest] = line.trim().split(/\s+/)
    const device = rest.at(-1) ?? ''
    const isOwn = device === 'lo' || /^(fe80|ff)/.test(to) // of every interface
    if (!/^[\da-f]{32}$/.test(to) || isOwn) return []
    const address = parseAddress(to.match(/.{4}/g)?.join(':') ?? '')
    return address ? [{ device, subnet: subnetOf(address, parseInt(prefix, 16)) }] : []
  })
}
