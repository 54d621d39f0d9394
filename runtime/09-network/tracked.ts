/** Connections that the kernel keeps track of (conntrack), as seen outside and inside. */
import { tryRead } from '../files.ts'
import type { Traffic } from './seen-links.ts'

/** Who talks to whom, in the addresses of one side: `172.17.0.2:80`. */
export interface Direction {
  from: string
  to: string
}

export interface SeenConnection {
  /** `tcp`, `udp`, `icmp` */
  protocol: string
  /** `ESTABLISHED` and the like; empty where the protocol has none. */
  state: string
  outside: Direction
  inside: Direction
  /** In both directions; absent unless net.netfilter.nf_conntrack_acct is 1. */
  traffic?: Traffic
}

/**
 * Those with one of `addresses`; none where the kernel does not show them. A line has the packet
 * as it was sent first, then its answer: `src=… dst=… sport=… dport=…` each.
 */
export function connectionsOf(
  addresses: string[],
  text = tryRead('/proc/net/nf_conntrack') ?? '',
): SeenConnection[] {
  return text.split('\n').flatMap((line) => {
    const words = line.split(/\s+/)
    const values = (key: string) =>
      words.flatMap((word) => (word.startsWith(`${key}=`) ? [word.slice(key.length + 1)] : []))
    const [from, to] = [values('src'), values('dst')]
    const [fromPort, toPort] = [values('sport'), values('dport')]
    const at = (side: number, ends: string[], ports: string[]) =>
      ports[side] === undefined ? (ends[side] ?? '') : joined(ends[side] ?? '', ports[side])
    const isOut = addresses.includes(from[0] ?? '')
    if (!isOut && !addresses.includes(from[1] ?? '')) return []
    const sent = { from: at(0, from, fromPort), to: at(0, to, toPort) }
    const answered = { from: at(1, to, toPort), to: at(1, from, fromPort) }
    const [packets, bytes] = [values('packets'), values('bytes')].map(sum)
    return [
      {
        protocol: words[2] ?? '',
        state: words.find((word) => /^[A-Z_]+$/.test(word)) ?? '',
        outside: isOut ? answered : sent,
        inside: isOut ? sent : answered,
        ...(packets && bytes ? { traffic: { packets, bytes } } : {}),
      },
    ]
  })
}

function joined(address: string, port: string): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function sum(numbers: string[]): number {
  return numbers.reduce((all, each) => all + Number(each), 0)
}

/** The source that a packet had when it left; undefined if it kept its own, or is not tracked. */
export function sourceAfter(
  sent: { from: string; to: string; fromPort?: number; toPort?: number },
  text = tryRead('/proc/net/nf_conntrack') ?? '',
): string | undefined {
  const { from, to, fromPort = 0, toPort = 0 } = sent
  const tuple = `src=${from} dst=${to} sport=${fromPort} dport=${toPort} `
  const line = text.split('\n').find((each) => each.includes(tuple))
  const after = line?.slice(line.indexOf(tuple) + tuple.length).match(/\bdst=(\S+)/)?.[1]
  return after === from ? undefined : after
}
