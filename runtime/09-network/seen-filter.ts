/** The packet filter's own tables, as nft(8) lists them: what they hold, in its notation. */
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { launch } from '../native.ts'
import { toolStep, type Step } from '../step.ts'
import { inNetworkOf } from './seen-links.ts'

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

const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The list of a program that looks into the network of process `pid`, or into this one. */
function nftSteps(words: string[], pid?: number): Step[] {
  return [
    ...closeInherited(),
    ...(pid === undefined ? [] : inNetworkOf(pid)),
    toolStep(['execvpe', 'nft', ['nft', ...words], [path]], 'it knows the packet filter'),
  ]
}

/** What nft answers; undefined without nft, or if it fails. */
async function nftSays(words: string[], pid?: number): Promise<string | undefined> {
  const launched = launch(nftSteps(words, pid), { stdio: ['ignore', 'pipe', 'ignore'] })
  const out: Buffer[] = []
  launched.process.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  const { exitCode, failure } = await launched.outcome
  return failure || exitCode !== 0 ? undefined : Buffer.concat(out).toString()
}

/** What is in the tables `stepbox` of this network, or of process `pid`'s. */
export async function seenFilter(pid?: number): Promise<SeenRule[]> {
  const names = await nftSays(['list', 'tables'], pid)
  const tables = (names ?? '').match(/^table \w+ stepbox$/gm) ?? []
  const texts = await Promise.all(
    tables.map((table) => nftSays(['-j', 'list', ...table.split(' ')], pid)),
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
