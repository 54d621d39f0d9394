/** Finds what crashes left behind, and removes it. */
import { containerLeftovers } from './containers.ts'
import { fileLeftovers } from './files.ts'
import { groupLeftovers } from './groups.ts'
import { procLeftovers } from './host-proc.ts'
import { rowsUpTo } from '../../chapter.ts'
import type {
  Leftover,
  LeftoverSearch,
  ResetOptions,
  ResetScope,
} from '../../chapter-tools.ts'
import { mountLeftovers } from './mounts.ts'
import { processLeftovers } from './processes.ts'

/** One leftover, and whether it was removed. */
export interface ResetResult {
  kind: string
  what: string
  why: string
  /** Whether it is removed, unless it is only looked for. The rest is reported and left. */
  removable: boolean
  /** False if it was only reported, or could not be removed. */
  done: boolean
  /** Why it could not be removed. */
  problem?: string
}

/**
 * /proc first, because the others read it; mounts before directories, so that nothing is deleted
 * through a mount. The searches of the chapters follow.
 */
const searches: LeftoverSearch[] = [
  procLeftovers,
  mountLeftovers,
  processLeftovers,
  containerLeftovers,
  groupLeftovers,
  fileLeftovers,
]

/**
 * Find what was left behind under a data root and on the host, by containers of any chapter, and
 * remove it; with `isDry` only find it. Yields each result at once. What this root or another uses
 * is left alone.
 */
export async function* reset(options: ResetOptions, isDry: boolean): AsyncGenerator<ResetResult> {
  if (process.platform !== 'linux') return // nothing can have run there
  const scope: ResetScope = { ...options, ending: new Set() }
  const rows = await rowsUpTo(options.runtime.chapters, Infinity)
  const ofChapters = await Promise.all(rows.map(({ tools }) => tools?.()))
  const more = ofChapters.flatMap((each) => each?.leftovers ?? [])
  for (const search of [...searches, ...more])
    for (const leftover of await search(scope)) {
      const result = await carryOut(leftover, isDry)
      yield result
      if (leftover.kind === 'proc' && !result.done) return // the other searches need it
    }
}

async function carryOut({ remove, ...rest }: Leftover, isDry: boolean): Promise<ResetResult> {
  const found = { ...rest, removable: remove !== undefined }
  if (!remove || isDry) return { ...found, done: false }
  try {
    await remove()
    return { ...found, done: true }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { ...found, done: false, problem }
  }
}
