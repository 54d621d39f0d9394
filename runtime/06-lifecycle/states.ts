/** A container as a command finds it: one command at a time, and none in the middle of a change. */
import { existsSync } from 'node:fs'
import { withLock } from '../05-commit/store/lock.ts'
import type { Runtime } from '../chapter.ts'
import { findContainer, stateOf } from '../container/find.ts'
import { settleLost } from '../container/settle.ts'
import { containerDir, markedState } from '../container/state.ts'
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

/** How long clearing up waits for a command: others that have ended wait, too. */
const clearingPatienceMs = 1_000

/**
 * Do `work` under the lock that commands take (`withContainer`), or not at all. False if a command
 * has the lock and does not let go of it in time.
 */
export async function underLock(dir: string, work: () => Promise<void>): Promise<boolean> {
  let isOurs = false
  const locked = () => {
    isOurs = true
    return work()
  }
  try {
    await withLock(dir, locked, clearingPatienceMs)
  } catch (error) {
    if (isOurs) throw error // ignoring others: the monitor of the container comes again (`settle`)
  }
  return isOurs
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
 * then. One that has ended is settled here, without waiting for its monitor to do it: the caller
 * holds the lock for which others wait that would (`underLock`).
 */
async function steady(runtime: Runtime, id: string): Promise<Container | undefined> {
  const { root } = runtime
  let found = stateOf(root, id)
  const isSteady = async () => {
    const marked = markedState(root, id)
    found = marked ?? stateOf(root, id)
    if (!marked) return true
    if (isAlive(marked.monitor) && marked.status !== 'exited') return isLive(marked)
    await settleLost(runtime, marked)
    return false
  }
  const isOver = await until(isSteady, () =>
    found?.status === 'created' ? startPatienceMs : patienceMs,
  )
  if (isOver || !found) return found
  const { name, status } = found
  if (status === 'created') throw new Error(`container '${name}' is being started; rm -f ends it`)
  throw new Error(`container '${name}' has ended, and cannot be settled`)
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
