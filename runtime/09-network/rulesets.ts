/** Rules of the packet filter as data, in the form in which nft(8) lists them. */

/** `{"match": …}`, `{"accept": null}` … as libnftables-json(5) has them. */
export type Expression = Record<string, unknown>

/** A chain with its rules, in their order. */
export interface Chain {
  /** `inet`, `ip`, `bridge` …; `legacy` if it is of the old iptables, which nft(8) does not see. */
  family: string
  table: string
  name: string
  /** Of a base chain: where packets come into it. */
  hook?: string
  /** `filter`, `nat` or `route`. */
  type?: string
  /** What happens to those that no rule decides about: `accept` or `drop`. */
  policy?: string
  rules: Expression[][]
}

interface Listed {
  chain?: Omit<Chain, 'rules'>
  rule?: { family: string; table: string; chain: string; expr: Expression[] }
}

/** `nft -j list ruleset`: a list of objects, chains before their rules. */
export function chainsIn(text: string): Chain[] {
  const { nftables } = JSON.parse(text) as { nftables: Listed[] }
  const chains = nftables.flatMap(({ chain }): Chain[] => (chain ? [{ ...chain, rules: [] }] : []))
  for (const { rule } of nftables) {
    const own = rule && chains.find((each) => isOf(each, rule) && each.name === rule.chain)
    own?.rules.push(rule?.expr ?? [])
  }
  return chains
}

/** Whether two are of one table. */
export function isOf(one: Pick<Chain, 'family' | 'table'>, other: typeof one): boolean {
  return one.family === other.family && one.table === other.table
}
