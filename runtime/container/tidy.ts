/** Clear up after crashes: what a killed process could not settle, the next command settles. */
import { existsSync } from 'node:fs'
import type { Runtime } from '../chapter.ts'
import type { Container } from '../options.ts'
import { identifySelf, isAlive } from '../process.ts'
import { emptyTrash, trashed } from '../trash.ts'
import { marks } from './find.ts'
import { removeDirectory } from './remove.ts'
import { freeAll, reservedName } from './reservations.ts'
import { settleLost } from './settle.ts'
import { containerDir, isId, keptState, markedState, runningMark, unmark } from './state.ts'

/**
 * Settle every container whose monitor is gone, or that `isPending` names, and let each chapter
 * recover what is its own. Costs one look at each *running* container. Any number of processes may
 * do this at once: each action is harmless when it was already done. Gives the containers it
 * settled.
 *
 * What cannot be settled or deleted does not keep the rest from it, nor the command that comes
 * after: the runtime's `warn` is told.
 */
export async function tidy(
  runtime: Runtime,
  isPending = ({ monitor }: Container) => !isAlive(monitor),
): Promise<Container[]> {
  const { root, warn } = runtime
  const marked = marks(root)
  const running = marked.flatMap(({ container }) => container ?? [])
  if (running.length > 0 && !identifySelf())
    throw new Error("/proc does not show this machine's processes; 'stepbox reset' mends it")
  const settled: Container[] = []
  for (const { id, container } of marked)
    await orWarn(runtime, `container ${container?.name ?? id} cannot be settled`, async () => {
      if (!container) return settleUnknown(runtime, id)
      if (!isPending(container)) return
      await exclusively(runtime, id, async () => {
        const now = markedState(root, id) // another one may have settled, or started it, by now
        if (!now || !isPending(now)) return
        await settleLost(runtime, now)
        settled.push(now)
      })
    })
  for (const { recover } of runtime.rows)
    await orWarn(runtime, 'clearing up failed', () => recover?.(root, runtime))
  await orWarn(runtime, 'clearing up failed', () => freeAbandonedNames(root))
  await orWarn(runtime, 'clearing up failed', () => emptyTrash(root, warn))
  return settled
}

/**
 * Free the names of containers that are in the trash: who moved one there frees them next, and
 * may have been killed in between. Nothing leads to a name once the trash is empty.
 */
function freeAbandonedNames(root: string): void {
  for (const id of trashed(root).filter(isId)) freeAll(root, id)
}

/** Do `work` while no command changes the container, or leave it to the command that does. */
export async function exclusively(
  { root, rows }: Runtime,
  id: string,
  work: () => Promise<void>,
): Promise<void> {
  const dir = containerDir(root, id)
  const row = rows.findLast((each) => each.exclusively)
  if (row?.exclusively && existsSync(dir)) await row.exclusively(dir, work)
  else await work()
}

async function orWarn({ warn }: Runtime, what: string, work: () => unknown): Promise<void> {
  try {
    await work()
  } catch (error) {
    warn(`${what}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/**
 * A mark appears whole, so an empty one is from before a power cut: nothing of its container runs,
 * and unless its end is on the disk it was never acknowledged. A mark that was gone when it was to
 * be read is none: its container has ended, and the mark that is there now is that of a new start.
 */
async function settleUnknown(runtime: Runtime, id: string): Promise<void> {
  const { root } = runtime
  await exclusively(runtime, id, async () => {
    if (!existsSync(runningMark(root, id)) || markedState(root, id)) return
    if (!keptState(root, id)) await removeDirectory(runtime, { id, name: reservedName(root, id) })
    unmark(root, id)
  })
}
