/** `pause` and `unpause`, the operations: all processes of a container stop where they are. */
import { freeze, isFrozen, thaw } from '../02-cgroups/group-control.ts'
import { isHeld } from '../05-commit/frozen.ts'
import { withLock } from '../05-commit/store/lock.ts'
import type { Runtime } from '../chapter.ts'
import { announce } from '../container/announce.ts'
import { makePlace } from '../data-root.ts'
import type { Container } from '../options.ts'
import { until, withContainer } from './states.ts'

/** Freeze its control group (cgroup freezer). Nothing in it can prevent that, or notice it. */
export function pauseContainer(runtime: Runtime, word: string): Promise<void> {
  return withContainer(runtime, word, async (container) => {
    const { name, status } = container
    if (status === 'restarting')
      throw new Error(`container '${name}' waits for its next start; it can be paused when it runs`)
    if (status !== 'running') throw new Error(`container '${name}' is not running`)
    await unheld(runtime, container, async (groups) => {
      if (isFrozen(groups)) throw new Error(`container '${name}' is already paused`)
      await freeze(groups)
      announce(runtime, container, { action: 'pause' })
    })
  })
}

/** Let a paused container go on. */
export function unpauseContainer(runtime: Runtime, word: string): Promise<void> {
  return withContainer(runtime, word, (container) =>
    unheld(runtime, container, (groups) => {
      if (container.status !== 'running' || !isFrozen(groups))
        throw new Error(`container '${container.name}' is not paused`)
      thaw(groups)
      announce(runtime, container, { action: 'unpause' })
    }),
  )
}

/** How long a reader may have the container: others wait for this command meanwhile. */
const patienceMs = 20_000

/** Do `work` when no commit reads the container's files: a reader has frozen it, and thaws it. */
async function unheld(
  { root }: Runtime,
  { id, name, groups = [] }: Container,
  work: (groups: string[]) => void | Promise<void>,
): Promise<void> {
  const tmp = makePlace(root, 'tmp')
  const attempt = () =>
    withLock(tmp, async () => {
      if (isHeld(root, id)) return false
      await work(groups)
      return true
    })
  const isDone = await until(async () => !isHeld(root, id) && (await attempt()), patienceMs)
  if (!isDone) throw new Error(`container '${name}' is being read by a commit; try again later`)
}
