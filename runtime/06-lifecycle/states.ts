/** A container as a command finds it: one command at a time, and none in the middle of a change. */
import { existsSync } from 'node:fs'
import { withLock } from '../05-commit/store/lock.ts'
import type { Runtime } from '../chapter.ts'
import { findContainer, stateOf } from '../container/find.ts'
import { containerDir, markedState } from '../container/state.ts'
import { tidy } from '../container/tidy.ts'
import type { Container } from '../options.ts'
import { isAlive } from '../process.ts'

/** How long others may hold a container, or be at starting or settling it. */
const patienceMs = 30_000
const startPatienceMs = 3_000

const lookEveryMs = 5

/**
 * Do `work` on the container called `word` while no other command changes it. It is given as it is
 * then: kept, running or restarting, and never in between. Throws Missing when there is none.
 */
export async function withContainer<T>(
  runtime: Runtime,
  word: string,
  work: (container: Container) => T | Promise<T>,
): Promise<T> {
  const { root } = runtime
  const { id } = findContainer(root, word)
  await existence(root, id)
  let isOurs = false
  const locked = async () => {
    isOurs = true
    const container = await steady(runtime, id)
    if (!container) throw new Error(`container '${word}' was removed`)
    return work(container)
  }
  try {
    return await withLock(containerDir(root, id), locked, patienceMs)
  } catch (error) {
    if (!isOurs && !existsSync(containerDir(root, id))) findContainer(root, word) // throws Missing
    throw error
  }
}

/** The directory of a container is made a moment after its mark. */
async function existence(root: string, id: string): Promise<void> {
  await until(() => existsSync(containerDir(root, id)) || !stateOf(root, id), startPatienceMs)
}

/** Whether a process waits for a container: it runs, or is to run again. */
export function isLive({ status }: Container): boolean {
  return status === 'running' || status === 'restarting'
}

/**
 * The container when it is neither being started nor being settled; undefined if it is gone by
 * then. One whose monitor is gone is settled here.
 */
async function steady(runtime: Runtime, id: string): Promise<Container | undefined> {
  const { root } = runtime
  let found = stateOf(root, id)
  const isSteady = async () => {
    const marked = markedState(root, id)
    found = marked ?? stateOf(root, id)
    if (!marked) return true
    if (!isAlive(marked.monitor)) await tidy(runtime)
    else return isLive(marked)
    return false
  }
  const isOver = await until(isSteady, () =>
    found?.status === 'created' ? startPatienceMs : patienceMs,
  )
  if (isOver || !found) return found
  throw new Error(
    found.status === 'created'
      ? `container '${found.name}' is being started; rm -f ends it`
      : `container '${found.name}' has ended, and its monitor does not settle it`,
  )
}

/** Look again and again until `isDone`. False if that took too long. */
export async function until(
  isDone: () => boolean | Promise<boolean>,
  milliseconds: number | (() => number),
): Promise<boolean> {
  const start = performance.now()
  const most = typeof milliseconds === 'number' ? () => milliseconds : milliseconds
  for (let looks = 0; !(await isDone()); looks++) {
    if (performance.now() - start > most()) return false
    await new Promise((resolve) => setTimeout(resolve, looks < 100 ? lookEveryMs : 4 * lookEveryMs))
  }
  return true
}
