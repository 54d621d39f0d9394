/** The interfaces of this network namespace, as /proc shows them. */
import { tryRead } from '../files.ts'

/**
 * The number of the interface called `name`; 0 if it has one that is not shown, because it is
 * down; undefined if there is none.
 */
export function interfaceIndex(name: string): number | undefined {
  const isThere = (tryRead('/proc/net/dev') ?? '')
    .split('\n')
    .some((line) => line.trim().startsWith(`${name}:`))
  if (!isThere) return undefined
  return ofFour(name) ?? ofSix(name) ?? 0
}

/** `/proc/net/igmp`: `2	eth0      :     1      V3`, for each with IPv4. */
function ofFour(name: string): number | undefined {
  for (const line of (tryRead('/proc/net/igmp') ?? '').split('\n')) {
    const [index = '', device] = line.trim().split(/[\s:]+/) // a long name has no space behind it
    if (device === name) return Number(index)
  }
  return undefined
}

/** `/proc/net/if_inet6`: address, number in hexadecimal digits, prefix, scope, flags, name. */
function ofSix(name: string): number | undefined {
  for (const line of (tryRead('/proc/net/if_inet6') ?? '').split('\n')) {
    const [, index = '', , , , device] = line.trim().split(/\s+/)
    if (device === name) return parseInt(index, 16)
  }
  return undefined
}

/** The interfaces that are no bridges of containers and none of their ends. */
export function hostDevices(): string[] {
  const lines = (tryRead('/proc/net/dev') ?? '').split('\n').slice(2)
  const names = lines.flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? [])
  return names.filter((name) => name !== 'lo' && !/^(stepbox|sb-|sbv|docker|br-|veth)/.test(name))
}

/** Docker's, and what a network gets that leads nowhere. */
const usualMtu = 1500

/**
 * The largest packet (MTU) that the default route takes. What IPv6 says of an interface is the
 * same, unless a router has said otherwise.
 */
export function uplinkMtu(): number {
  const lines = (tryRead('/proc/net/route') ?? '').split('\n').slice(1)
  const device = lines.map((line) => line.split('\t')).find(([, to]) => to === '00000000')?.[0]
  const text = device && tryRead(`/proc/sys/net/ipv6/conf/${device}/mtu`)
  return Number(text?.trim()) || usualMtu
}
