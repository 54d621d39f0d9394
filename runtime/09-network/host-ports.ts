/** Which ports of the host a container gets. */
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { firstPortFd } from '../descriptors.ts'
import { tryRead } from '../files.ts'
import { parseAddress } from './addresses.ts'
import type { HeldPort, NetworkEnd } from './net-plan.ts'
import type { AskedPort } from './publish-flag.ts'

/** What is asked for, where it leads, and what other containers have. */
export interface Publishing {
  asked: AskedPort[]
  ends: { inside: Pick<NetworkEnd['inside'], 'addresses'> }[]
  others: HeldPort[]
}

/**
 * The ports that are to be held. One without an address is on all addresses of each family that the
 * container has. A port that was not named, or is one of several, is free now.
 */
export async function hostPorts({ asked, ends, others }: Publishing): Promise<HeldPort[]> {
  const held: HeldPort[] = []
  for (const each of asked) {
    const places = addressesFor(each, ends)
    const port = await portFor(each, places.map(({ at }) => at), [...others, ...held])
    for (const { at, to } of places) {
      const leads = { address: to, port: each.port }
      const fd = firstPortFd + held.length
      held.push({ address: at, port, protocol: each.protocol, to: leads, fd })
    }
  }
  return held
}

/** The host's address, and the container's of the same family. */
function addressesFor(
  { address }: AskedPort,
  ends: Publishing['ends'],
): { at: string; to: string }[] {
  if (address === '::1')
    throw new Error(
      'cannot publish on ::1: the kernel lets no packet of it leave the loopback; ' +
        'publish on 127.0.0.1 or on ::',
    )
  const own = ends.flatMap(({ inside }) => inside.addresses.map((each) => each.address))
  const of = (family: 4 | 6) => own.find((each) => parseAddress(each)?.family === family)
  const all = address === undefined ? ['0.0.0.0', '::'] : [address]
  const places = all.flatMap((at) => {
    const to = of(at.includes(':') ? 6 : 4)
    return to === undefined ? [] : [{ at, to }]
  })
  if (places.length > 0) return places
  throw new Error(
    `cannot publish on ${address ?? 'this host'}: the container has no address of that family; ` +
      "one of IPv6 comes from a network that was created with --ipv6",
  )
}

async function portFor(
  { host, protocol }: AskedPort,
  addresses: string[],
  held: HeldPort[],
): Promise<number> {
  if (host && host[0] === host[1] && host[0] !== 0) return host[0]
  for (const port of candidates(host)) {
    const isHeld = held.some((each) => each.port === port && each.protocol === protocol)
    if (!isHeld && (await isFreePort(port, protocol, addresses))) return port
  }
  const [first, last] = host ?? localPorts()
  throw new Error(`all ports from ${first} to ${last} are in use on this host`)
}

/** Of those that were named, the lowest first; of all others, from one by chance on. */
function candidates(host: AskedPort['host']): number[] {
  const isNamed = host !== undefined && host[1] !== 0
  const [first, last] = isNamed ? host : localPorts()
  const all = Array.from({ length: last - first + 1 }, (_, at) => first + at)
  if (isNamed) return all
  const from = randomInt(all.length)
  return [...all.slice(from), ...all.slice(0, from)]
}

/** The ports that programs get that ask for any: ip(7). */
function localPorts(): [first: number, last: number] {
  const text = tryRead('/proc/sys/net/ipv4/ip_local_port_range') ?? ''
  const [first = 32768, last = 60999] = text.match(/\d+/g)?.map(Number) ?? []
  return [first, last]
}

/** Whether all addresses have the port to give. */
async function isFreePort(
  port: number,
  protocol: HeldPort['protocol'],
  addresses: string[],
): Promise<boolean> {
  for (const address of addresses)
    if (!(await canBind(port, protocol, address))) return false
  return true
}

async function canBind(
  port: number,
  protocol: HeldPort['protocol'],
  address: string,
): Promise<boolean> {
  if (protocol === 'sctp') return true // Node has no such sockets
  const isSix = address.includes(':')
  try {
    if (protocol === 'udp') {
      const socket = createSocket({ type: isSix ? 'udp6' : 'udp4', ipv6Only: isSix })
      const bound = once(socket, 'listening')
      socket.bind({ port, address })
      await bound.finally(() => socket.close())
    } else {
      const server = createServer()
      const listening = once(server, 'listening')
      server.listen({ port, host: address, ipv6Only: isSix })
      await listening.finally(() => server.close())
    }
    return true
  } catch {
    return false // ignoring: whoever has it, it is not free
  }
}
