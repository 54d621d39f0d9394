/** Back to a clean state: what crashes left behind, found by looking and removed. */
import { containerLeftovers } from './containers.ts'
import { fileLeftovers } from './files.ts'
import { groupLeftovers } from './groups.ts'
import { procLeftovers } from './host-proc.ts'
import type { Leftover, LeftoverSearch, ResetOptions } from '../../chapter-tools.ts'
import type { ResetScope } from './leftover.ts'
import { mountLeftovers } from './mounts.ts'
import { processLeftovers } from './processes.ts'
import { imageLeftovers, rootLeftovers } from './roots.ts'

/** What came of one leftover. */
export interface Deed {
  kind: string
  what: string
  why: string
  /** False when it is only told of, or could not be removed. */
  done: boolean
  /** Why it could not. */
  problem?: string
}

/**
 * In this order: /proc first, because everything else is read there; mounts before directories, so
 * that nothing is deleted through a mount; images last, when no container stands on them.
 */
const searches: ((scope: ResetScope) => Leftover[] | Promise<Leftover[]>)[] = [
  procLeftovers,
  mountLeftovers,
  processLeftovers,
  containerLeftovers,
  groupLeftovers,
  fileLeftovers,
  rootLeftovers,
  imageLeftovers,
]

/**
 * Find what was left behind under a data root and on the host, and remove it; with `isDry` only
 * find it. Gives each thing as it is done. What is in use, by this root or another, is left alone.
 */
export async function* reset(options: ResetOptions, isDry: boolean): AsyncGenerator<Deed> {
  if (process.platform !== 'linux') return // nothing can have run there
  const scope: ResetScope = { ...options, ending: new Set() }
  const ofChapters = await Promise.all(options.runtime.rows.map(({ tools }) => tools?.()))
  const more: LeftoverSearch[] = ofChapters.flatMap((each) => each?.leftovers ?? [])
  for (const search of [...searches, ...more])
    for (const leftover of await search(scope)) {
      const deed = await carryOut(leftover, isDry)
      yield deed
      if (leftover.kind === 'proc' && !deed.done) return // without it nothing can be known
    }
}

async function carryOut({ remove, ...told }: Leftover, isDry: boolean): Promise<Deed> {
  if (!remove || isDry) return { ...told, done: false }
  try {
    await remove()
    return { ...told, done: true }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { ...told, done: false, problem }
  }
}
