/**
 * Where a packet would be dropped, by the rules of others. What they accept does not matter here: a
 * packet has to be accepted in each base chain of its way, and a drop in one is final.
 *
 * A rule counts if all its matches are known to hold. Of a match that is not known (a limit, a
 * set, an address that nobody can foresee) it is taken that it does not: what drops some packets
 * only is no obstacle.
 */
import { contains, parseAddress, parseSubnet } from './addresses.ts'
import { isOf, type Chain, type Expression } from './rulesets.ts'

/** What is known of a packet, by the words of nft(8): `iifname`, `oifname`, `ct status` … */
export type Packet = Record<string, string>

/** A chain that drops, and by what. */
export interface Drop {
  /** `table inet filter`, `table ip filter of iptables-legacy` */
  family: string
  table: string
  /** The base chain, at which a packet comes in, and the chain that drops it. */
  base: string
  chain: string
  /** Its policy, or a rule. */
  by: 'policy' | 'rule'
}

type Verdict = 'accept' | 'drop' | 'return'

/** The first drop in each base chain at one of `hooks`; our own table is not asked. */
export function drops(chains: Chain[], packet: Packet, hooks: string[]): Drop[] {
  const isAsked = ({ hook = '', type, family, table }: Chain) =>
    hooks.includes(hook) &&
    type === 'filter' &&
    ['inet', packet['family'] ?? 'ip', 'legacy'].includes(family) &&
    table !== 'stepbox'
  return chains.filter(isAsked).flatMap((base): Drop[] => {
    const { family, table, name, policy } = base
    const found = walk({ chains, packet, depth: 0 }, base)
    if (found?.verdict === 'drop')
      return [{ family, table, base: name, chain: found.chain, by: 'rule' }]
    const isDecided = found?.verdict === 'accept'
    if (isDecided || policy !== 'drop') return []
    return [{ family, table, base: name, chain: name, by: 'policy' }]
  })
}

interface Decided {
  verdict: Verdict
  chain: string
}

/** The kernel allows jumps 16 deep. */
const deepest = 16

interface Way {
  chains: Chain[]
  packet: Packet
  /** Jumps so far. */
  depth: number
}

function walk({ chains, packet, depth }: Way, chain: Chain): Decided | undefined {
  if (depth > deepest) return undefined
  for (const rule of chain.rules) {
    const found = decide(rule, packet)
    if (found === undefined) continue
    const [word, target] = found
    if (isVerdict(word)) {
      if (word === 'return') return undefined
      return { verdict: word, chain: chain.name }
    }
    const next = chains.find((each) => isOf(each, chain) && each.name === target)
    const below = next && walk({ chains, packet, depth: depth + 1 }, next)
    if (below || word === 'goto') return below
  }
  return undefined
}

function isVerdict(word: string): word is Verdict {
  return ['accept', 'drop', 'return'].includes(word)
}

type Outcome = [word: string, target?: string]

/** What a rule does with a packet; undefined if it does not apply, or decides nothing. */
function decide(rule: Expression[], packet: Packet): Outcome | undefined {
  for (const expression of rule) {
    const [[kind = '', value] = []] = Object.entries(expression)
    if (kind === 'match') {
      if (!holds(value as Match, packet)) return undefined
    } else if (kind === 'xt') {
      const { type, name } = value as { type: string; name: string }
      if (type === 'target') return name === 'REJECT' ? ['drop'] : undefined
      if (name !== 'comment') return undefined
    } else if (kind === 'limit' || kind === 'ct count') return undefined
    else if (kind === 'reject') return ['drop']
    else if (kind === 'vmap') return ofMap(value as VerdictMap, packet)
    else if (kind === 'jump' || kind === 'goto') return [kind, (value as { target: string }).target]
    else if (isVerdict(kind)) return [kind]
  }
  return undefined
}

interface VerdictMap {
  key: unknown
  data: { set?: [unknown, Expression][] } | string
}

/** `ct state vmap { established : accept, invalid : drop }`. */
function ofMap({ key, data }: VerdictMap, packet: Packet): Outcome | undefined {
  const entries = typeof data === 'object' ? (data.set ?? []) : []
  const found = entries.find(([right]) => holds({ op: '==', left: key, right }, packet))
  return found && decide([found[1]], packet)
}

interface Match {
  op: string
  left: unknown
  right: unknown
}

function holds({ op, left, right }: Match, packet: Packet): boolean {
  const known = packet[wordFor(left)]
  if (known === undefined) return false
  const found = among(right).map((each) => isSame(known, each))
  if (found.includes(undefined)) return false
  return found.includes(true) === (op !== '!=')
}

/** `{"meta": {"key": "iifname"}}`: `iifname`; `{"ct": {"key": "state"}}`: `ct state`. */
function wordFor(left: unknown): string {
  const { meta, ct, payload } = (left ?? {}) as Record<string, Record<string, string> | undefined>
  if (meta) return meta['key'] ?? ''
  if (ct) return `ct ${ct['key']}`
  return payload ? `${payload['protocol']} ${payload['field']}` : ''
}

/** A value, or several: `["established", "related"]`, `{"set": ["eth0", "eth1"]}`. */
function among(right: unknown): unknown[] {
  if (Array.isArray(right)) return right
  const { set } = (right ?? {}) as { set?: unknown[] }
  return set ?? [right]
}

/** Undefined if that is not known. `eth*` are all that begin so; `@name` is a set. */
function isSame(known: string, right: unknown): boolean | undefined {
  if (typeof right === 'number') return known === String(right)
  if (typeof right === 'string' && !right.startsWith('@'))
    return right.endsWith('*') ? known.startsWith(right.slice(0, -1)) : known === right
  const { prefix } = (right ?? {}) as { prefix?: { addr: string; len: number } }
  const subnet = prefix && parseSubnet(`${prefix.addr}/${prefix.len}`)
  const address = parseAddress(known)
  return subnet && address ? contains(subnet, address) : undefined
}
