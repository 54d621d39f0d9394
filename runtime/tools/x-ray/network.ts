/** The interfaces and addresses of a process's network namespace. */
import { procText } from '../proc.ts'

/** The network of a process. */
export interface SeenNetwork {
  interfaces: string[]
  /** The local addresses, IPv4 before IPv6. */
  addresses: string[]
}

/** The network of process `pid`. */
export function networkOf(pid: number): SeenNetwork {
  const read = (name: string) => procText(pid, `net/${name}`)
  return networkFrom({ dev: read('dev'), trie: read('fib_trie'), inet6: read('if_inet6') })
}

/**
 * Parse files of /proc/<pid>/net: `dev` has a line for each interface; in `fib_trie` the line after
 * a local address is `host LOCAL`; `if_inet6` has addresses as 32 hexadecimal digits.
 */
export function networkFrom(files: { dev: string; trie: string; inet6: string }): SeenNetwork {
  const interfaces = [...files.dev.matchAll(/^\s*([^\s:|]+):/gm)].map(([, name = '']) => name)
  const local = files.trie.matchAll(/\|-- ([\d.]+)\n\s*\/32 host LOCAL/g)
  const version4 = [...new Set([...local].map(([, address = '']) => address))]
  const version6 = [...files.inet6.matchAll(/^([0-9a-f]{32}) /gm)].map(([, hex = '']) => short(hex))
  return { interfaces, addresses: [...version4, ...version6] }
}

/** `00…01` as `::1`: without leading zeros and the longest run of zero groups (RFC 5952). */
function short(hex: string): string {
  const groups = hex.match(/.{4}/g)?.map((group) => group.replace(/^0{1,3}/, '')) ?? []
  const runs = groups.join(':').match(/\b0(?::0)+\b/g) ?? []
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '')
  const text = groups.join(':')
  if (longest === '') return text
  const at = `:${text}:`.indexOf(`:${longest}:`)
  const [before, after] = [text.slice(0, at), text.slice(at + longest.length)]
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`
}
