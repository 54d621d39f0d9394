/** Whose packet is followed, and where it goes: the words of `trace-packet`. */
import { isIP } from 'node:net'
import { findContainer } from '../container/find.ts'
import { UsageError } from '../command-line.ts'
import type { Container } from '../options.ts'
import { pidHere } from '../process.ts'
import type {} from './endpoints.ts'

export interface TraceTarget {
  protocol: 'tcp' | 'udp'
  address: string
  port: number
}

/** Where a packet comes from. */
export type TraceSource =
  | { kind: 'host' }
  | { kind: 'outside' }
  | { kind: 'container'; name: string; pid: number }

/** `web:80`, `192.0.2.1:8080`, `[fd00::1]:80`; `/udp` may follow. Throws UsageError. */
export function parseTarget(text: string): Omit<TraceTarget, 'address'> & { who: string } {
  const found = /^(.+):(\d{1,5})(?:\/(\w+))?$/.exec(text)
  const [, who = '', digits = '', protocol = 'tcp'] = found ?? []
  const port = Number(digits)
  const isKnown = protocol === 'tcp' || protocol === 'udp'
  if (!found || !isKnown || port < 1 || port > 65535)
    throw new UsageError(
      `invalid target '${text}': CONTAINER:PORT or ADDRESS:PORT, as web:80 or web:53/udp`,
    )
  return { who: who.replace(/^\[(.*)\]$/, '$1'), port, protocol }
}

/** `host`, `outside`, or a container that runs. */
export function sourceFor(root: string, word = 'host'): TraceSource {
  if (word === 'host' || word === 'outside') return { kind: word }
  const container = findContainer(root, word)
  return { kind: 'container', name: container.name, pid: pidOf(container) }
}

function pidOf({ name, status, init }: Container): number {
  const pid = init && pidHere(init)
  if (status !== 'running' || typeof pid !== 'number')
    throw new Error(`container '${name}' does not run: stepbox start ${name}`)
  return pid
}

/**
 * The address to which a packet goes. A container is called from the host by a port that leads to
 * it, if there is one, from outside by that alone, and from another container by its own address.
 */
export function targetFor(root: string, text: string, source: TraceSource): TraceTarget {
  const { who, port, protocol } = parseTarget(text)
  if (isIP(who)) return { address: who, port, protocol }
  const container = findContainer(root, who)
  pidOf(container)
  const ends = container.net?.ends ?? []
  const { name } = container
  if (ends.length === 0)
    throw new Error(`container '${name}' has no address of its own: give ADDRESS:PORT`)
  const published = container.net?.ports.filter((each) => {
    return each.to.port === port && each.protocol === protocol
  })
  const [door] = published ?? []
  if (door && source.kind !== 'container') {
    const isAll = door.address === '0.0.0.0' || door.address === '::'
    const own = door.address === '::' ? '::1' : '127.0.0.1'
    const address = isAll && source.kind === 'host' ? own : door.address
    return { address, port: door.port, protocol }
  }
  if (source.kind === 'outside')
    throw new Error(
      `port ${port}/${protocol} of '${name}' is not published, so nobody outside reaches it: ` +
        `stepbox run -p ${port}:${port} …`,
    )
  const shared = ends.find(({ network }) => networksOf(root, source).includes(network)) ?? ends[0]
  return { address: shared?.inside.addresses[0]?.address ?? '', port, protocol }
}

function networksOf(root: string, source: TraceSource): string[] {
  if (source.kind !== 'container') return []
  return findContainer(root, source.name).net?.ends.map(({ network }) => network) ?? []
}
