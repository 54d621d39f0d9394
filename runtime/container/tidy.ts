/** Clear up after crashes: what a killed process could not settle, the next command settles. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Runtime } from '../chapter.ts'
import { namesIn } from '../files.ts'
import type { Container } from '../options.ts'
import { identify, isAlive } from '../process.ts'
import { marks } from './find.ts'
import { removeDirectory, reservedName } from './remove.ts'
import { settleLost } from './settle.ts'
import { keptState, unmark } from './state.ts'

/**
 * Settle every container whose monitor is gone, and let each chapter recover what is its own. Costs
 * one look at each *running* container. Any number of processes may do this at once: each action
 * is harmless when it was already done. Gives the containers it settled.
 */
export async function tidy(runtime: Runtime): Promise<Container[]> {
  const { root } = runtime
  const marked = marks(root)
  const running = marked.flatMap(({ container }) => container ?? [])
  if (running.length > 0 && !identify(process.pid))
    throw new Error("/proc does not show this machine's processes; 'stepbox reset' mends it")
  const lost = running.filter(({ monitor }) => !isAlive(monitor))
  for (const container of lost) await settleLost(runtime, container)
  for (const { id, container } of marked) if (!container) settleUnknown(root, id)
  for (const { recover } of runtime.rows) await recover?.(root)
  for (const name of namesIn(join(root, 'tmp')))
    if (whyStale(name)) rmSync(join(root, 'tmp', name), { recursive: true, force: true })
  return lost
}

/**
 * A mark appears whole, so an empty one is from before a power cut: nothing of its container runs,
 * and unless its end is on the disk it was never acknowledged.
 */
function settleUnknown(root: string, id: string): void {
  if (!keptState(root, id)) removeDirectory(root, { id, name: reservedName(root, id) })
  unmark(root, id)
}

/** Why something in `tmp` has no owner any more. Its name says which process works on it. */
export function whyStale(name: string): string | undefined {
  const [kind, pid, start, boot = ''] = name.split('_')
  if (kind === 'stage' && !isAlive({ pid: Number(pid), start: Number(start), boot }))
    return 'the process that was writing it was killed'
  return name.startsWith('rm-') ? 'the process that was removing it was killed' : undefined
}
