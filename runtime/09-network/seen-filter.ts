/** The packet filter's own tables, as nft(8) lists them: what they hold, in its notation. */
import { outputOf } from './read-rules.ts'

/** A chain, or an element of a set or a map. */
export interface SeenRule {
  /** `inet stepbox` */
  table: string
  /** Of an element: its set or map. */
  set?: string
  /** `chain output`; or an element: `tcp . 8080 : 172.17.0.2 . 80`. */
  text: string
  /** The container's id, if it is a container's. */
  comment?: string
}

/** What is in the tables `stepbox` of this network, or of process `pid`'s. */
export async function seenFilter(pid?: number): Promise<SeenRule[]> {
  const names = await outputOf(['nft', 'list', 'tables'], pid)
  const tables = (names ?? '').match(/^table \w+ stepbox$/gm) ?? []
  const texts = await Promise.all(
    tables.map((table) => outputOf(['nft', '-j', 'list', ...table.split(' ')], pid)),
  )
  return texts.flatMap((text) => (text === undefined ? [] : rulesIn(text)))
}

interface Listed {
  chain?: Named
  set?: Named
  map?: Named
}

interface Named {
  family: string
  table: string
  name: string
  elem?: unknown[]
}

/** An element with a comment is an object, one without is its value. */
interface Annotated {
  elem?: { val?: unknown; comment?: string }
}

/** From the JSON of `nft -j list table` (libnftables-json(5)). */
function rulesIn(text: string): SeenRule[] {
  const { nftables = [] } = JSON.parse(text) as { nftables?: Listed[] }
  return nftables.flatMap(({ chain, set, map }) => {
    const found = chain ?? set ?? map
    if (!found) return []
    const table = `${found.family} ${found.table}`
    if (chain) return [{ table, text: `chain ${found.name}` }]
    return (found.elem ?? []).map((each): SeenRule => {
      const [key, value] = map ? (each as unknown[]) : [each]
      const { val = key, comment } = (key as Annotated).elem ?? {}
      const words = wordsOf(val) + (map ? ` : ${wordsOf(value)}` : '')
      const text = withProtocol(words, found.name)
      return { table, set: found.name, text, ...(comment ? { comment } : {}) }
    })
  })
}

const protocols: Record<string, string> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

/** Where there is no /etc/protocols, nft has numbers for them. */
function withProtocol(words: string, set: string): string {
  if (!/^(anywhere|published)/.test(set)) return words
  return words.replace(/(?<=^| )\d+(?= \. \d+ :)/, (number) => protocols[number] ?? number)
}

function wordsOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if ('accept' in value || 'drop' in value) return Object.keys(value).join()
  if ('concat' in value) return (value.concat as unknown[]).map(wordsOf).join(' . ')
  if ('range' in value) return (value.range as unknown[]).map(wordsOf).join('-')
  if ('prefix' in value) {
    const { addr, len } = value.prefix as { addr: string; len: number }
    return `${addr}/${len}`
  }
  return JSON.stringify(value)
}
