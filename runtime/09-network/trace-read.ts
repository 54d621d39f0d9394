/** What `nft monitor trace` prints (nft(8)), line by line, as steps of one packet's way. */

/** A packet as it is when it enters a chain. */
export interface PacketHeader {
  from: string
  to: string
  fromPort?: number
  toPort?: number
  in?: string
  out?: string
}

/** What a chain that is hooked into the kernel has done with the packet. */
export interface TracedChain {
  /** `inet stepbox` */
  table: string
  chain: string
  packet: PacketHeader
  /** The rule that decided, in the notation of nft(8), and the chain that it is in. */
  rule?: { text: string; chain: string }
  verdict: 'accept' | 'drop'
}

const line = /^trace id (\w+) (\S+ \S+) (\S+) (packet:|rule|verdict|policy|unknown) ?(.*)$/

/** The packet as it was when it was marked; undefined if none has come. */
export function firstPacket(text: string): PacketHeader | undefined {
  const found = text.split('\n').find((each) => line.exec(each.trim())?.[4] === 'packet:')
  return found === undefined ? undefined : headerIn(found)
}

/**
 * The chains that the first packet went through, in order, but for those of tables whose name
 * begins with `own`. Its id may change on its way, its source does not as long as it is traced.
 */
export function tracedIn(text: string, own: string): TracedChain[] {
  const found: TracedChain[] = []
  const first = firstPacket(text)
  const ids = new Set<string>()
  for (const each of text.split('\n')) {
    const [, id, table = '', chain = '', kind, rest = ''] = line.exec(each.trim()) ?? []
    if (id === undefined || table.split(' ')[1]?.startsWith(own)) continue
    const packet = kind === 'packet:' ? headerIn(rest) : undefined
    if (packet?.from === first?.from && packet?.fromPort === first?.fromPort) ids.add(id)
    if (!ids.has(id)) continue
    const current = found.at(-1)
    if (packet) found.push({ table, chain, packet, verdict: 'accept' })
    else if (current && kind === 'policy')
      current.verdict = rest.startsWith('drop') ? 'drop' : 'accept'
    else if (current && kind === 'rule') decide(current, rest, chain)
  }
  return found
}

/** `TEXT (verdict WORD)`: what goes on is no decision. */
function decide(current: TracedChain, rest: string, chain: string): void {
  const [, text = rest, verdict = ''] = /^(.*) \(verdict (.*)\)$/.exec(rest) ?? []
  if (/^(continue|jump|goto|return)/.test(verdict)) return
  current.rule = { text, chain }
  current.verdict = /^(drop|reject)/.test(verdict) || /\breject\b/.test(text) ? 'drop' : 'accept'
}

/** The words of a packet; those that are asked for here stand once in it, or first. */
function headerIn(text: string): PacketHeader {
  const [, from = '', to = ''] = /\bip6? saddr (\S+) ip6? daddr (\S+)/.exec(text) ?? []
  const port = (side: string) => new RegExp(`\\b(?:tcp|udp) ${side}port (\\d+)`).exec(text)?.[1]
  const device = (side: string) => new RegExp(`\\b${side}if "([^"]+)"`).exec(text)?.[1]
  const [fromPort, toPort, input, output] = [port('s'), port('d'), device('i'), device('o')]
  return {
    from,
    to,
    ...(fromPort ? { fromPort: Number(fromPort) } : {}),
    ...(toPort ? { toPort: Number(toPort) } : {}),
    ...(input ? { in: input } : {}),
    ...(output ? { out: output } : {}),
  }
}
