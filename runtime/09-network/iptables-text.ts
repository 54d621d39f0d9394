/** Rules of the old iptables, as iptables-legacy-save(8) prints them, in the form that nft has. */
import type { Chain, Expression } from './rulesets.ts'

/** The chains of the table `filter`. */
export function chainsInIptables(text: string): Chain[] {
  const chains: Chain[] = []
  for (const line of text.split('\n')) {
    const [, name, policy] = /^:(\S+) (\S+)/.exec(line) ?? []
    if (name) chains.push({ ...named(name), ...baseOf(name, policy) })
    const [, chain, words] = /^-A (\S+) ?(.*)/.exec(line) ?? []
    chains.find((each) => each.name === chain)?.rules.push(ruleIn(words ?? ''))
  }
  return chains
}

function named(name: string): Chain {
  return { family: 'legacy', table: 'filter', name, rules: [] }
}

/** `FORWARD DROP`; a chain that was added has no policy: `-`. */
function baseOf(name: string, policy = '-'): Partial<Chain> {
  if (policy === '-') return {}
  return { hook: name.toLowerCase(), type: 'filter', policy: policy.toLowerCase() }
}

/** `-i docker0 ! -o docker0 -j ACCEPT`; matches that are not known here are kept as such. */
function ruleIn(text: string): Expression[] {
  const words = text.match(/"[^"]*"|\S+/g) ?? []
  const rule: Expression[] = []
  let op = '=='
  for (let at = 0; at < words.length; at++) {
    const [word = '', next = ''] = words.slice(at)
    if (word === '!') op = '!='
    else if (word in interfaces) rule.push(match(op, interfaces[word] ?? '', next))
    else if (word === '-j' || word === '-g') rule.push(verdictOf(word, next))
    else if (word === '-m' && next !== 'comment') rule.push({ xt: { type: 'match', name: next } })
    else if (word in addresses) rule.push(ofAddress(op, addresses[word] ?? '', next))
    else if (word === '-p') rule.push({ xt: { type: 'match', name: next } })
    if (word !== '!') op = '=='
  }
  return rule
}

const interfaces: Record<string, string> = { '-i': 'iifname', '-o': 'oifname' }

const addresses: Record<string, string> = { '-s': 'saddr', '-d': 'daddr' }

/** `172.17.0.0/16` */
function ofAddress(op: string, field: string, text: string): Expression {
  const [addr = '', len = '32'] = text.split('/')
  const right = { prefix: { addr, len: Number(len) } }
  return { match: { op, left: { payload: { protocol: 'ip', field } }, right } }
}

function match(op: string, key: string, value: string): Expression {
  return { match: { op, left: { meta: { key } }, right: value.replace(/\+$/, '*') } }
}

function verdictOf(how: string, target: string): Expression {
  const known = ['ACCEPT', 'DROP', 'RETURN', 'REJECT']
  if (known.includes(target)) return { [target.toLowerCase()]: null }
  const isOther = /^(LOG|NFLOG|MARK|CONNMARK|CT|TRACE|TCPMSS|SET|AUDIT)$/.test(target)
  if (isOther) return { xt: { type: 'target', name: target } }
  return { [how === '-g' ? 'goto' : 'jump']: { target } }
}
