/** `rm`, the operation: remove a container, by force also one that runs. */
import { existsSync } from 'node:fs'
import { isFrozen } from '../02-cgroups/group-control.ts'
import { withLock } from '../05-commit/store/lock.ts'
import type { Runtime } from '../chapter.ts'
import { end } from '../container/end.ts'
import { findContainer, stateOf } from '../container/find.ts'
import { remove } from '../container/remove.ts'
import { containerDir, markedState } from '../container/state.ts'
import type { Container } from '../options.ts'
import { isLive, withContainer } from './states.ts'

export interface RemoveOptions {
  /** Kill it if it runs. */
  isForced?: boolean
  /** With what only it has used, such as volumes without a name. */
  isWhole?: boolean
}

/** Remove a container. Throws if it runs, unless the removal is forced. */
export async function removeContainer(
  runtime: Runtime,
  word: string,
  { isForced = false, isWhole = false }: RemoveOptions,
): Promise<void> {
  const { root } = runtime
  if (!isForced)
    return withContainer(runtime, word, (found) => removeEnded(runtime, found, isWhole))
  const found = findContainer(root, word)
  const dir = containerDir(root, found.id)
  if (markedState(root, found.id)) await end(runtime, found)
  if (!existsSync(dir)) return
  const last = async () => {
    const now = stateOf(root, found.id)
    if (now && markedState(root, found.id)) await end(runtime, now) // started again meanwhile
    if (now) await remove(runtime, now, isWhole)
  }
  try {
    await withLock(dir, last)
  } catch (error) {
    if (existsSync(dir)) throw error
  }
}

async function removeEnded(
  runtime: Runtime,
  container: Container,
  isWhole: boolean,
): Promise<void> {
  const { name, status, groups = [] } = container
  const fix = 'stop it, or use rm -f to kill it'
  if (status === 'restarting')
    throw new Error(`container '${name}' waits for its next start; ${fix}`)
  if (isLive(container)) {
    const state = isFrozen(groups) ? 'paused' : 'running'
    throw new Error(`container '${name}' is ${state}; ${fix}`)
  }
  await remove(runtime, container, isWhole)
}
