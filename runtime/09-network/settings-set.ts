/**
 * Changed settings in the packet filter's table: it is there exactly as long as a network is, and
 * all data roots of a host see it. Each is an element of a set, and stands in its comment.
 */
import { createHash } from 'node:crypto'
import { outputOf } from './read-rules.ts'

/** A setting that was changed for containers. */
export interface ChangedSetting {
  path: string
  before: string
  /** What it was changed to. */
  set: string
  /** What it was for all interfaces then; absent of a setting that has no such value. */
  all?: string
}

const set = 'inet stepbox settings'

/** A comment has 128 bytes at most, and ends at a quotation mark. */
const fits = /^[\w./@:-]{1,100}$/

/** What nft(8) reads. A setting that is there already is replaced. */
export function changesScript(changes: ChangedSetting[]): string {
  const elements = changes.filter(({ path }) => fits.test(path)).flatMap((change) => {
    const key = `0x${createHash('sha256').update(change.path).digest('hex').slice(0, 8)}`
    const element = `element ${set} { ${key} comment "${inWords(change)}" }`
    return [`add ${element}`, `delete element ${set} { ${key} }`, `add ${element}`]
  })
  if (elements.length === 0) return ''
  return [`add set ${set} { type mark; }`, ...elements, ''].join('\n')
}

function inWords({ path, before, set, all }: ChangedSetting): string {
  return [path.slice('/proc/sys/'.length), before, set, ...(all ? [all] : [])].join(' ')
}

interface ListedSet {
  set?: { elem?: { elem?: { comment?: string } }[] }
}

/** The settings in the table of this host; none without a table, or without nft(8). */
export async function changesInTable(): Promise<ChangedSetting[]> {
  const text = await outputOf(['nft', '-j', 'list', 'set', ...set.split(' ')])
  if (text === undefined) return []
  const { nftables } = JSON.parse(text) as { nftables: ListedSet[] }
  const elements = nftables.flatMap((each) => each.set?.elem ?? [])
  return elements.flatMap(({ elem }) => {
    const [path = '', before, set, all] = elem?.comment?.split(' ') ?? []
    if (before === undefined || set === undefined || !isOfNetwork(path)) return []
    return [{ path: `/proc/sys/${path}`, before, set, ...(all === undefined ? {} : { all }) }]
  })
}

/** No other file is written, whatever a table says that somebody else has made. */
function isOfNetwork(path: string): boolean {
  return /^net\/ipv[46]\/conf\/[^/]+\/(forwarding|accept_ra)$/.test(path)
}
