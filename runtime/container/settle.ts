/** Settle a container that has ended: remove what it had outside its directory, record its end. */
import { existsSync } from 'node:fs'
import { rowsFor, type Runtime, type Setting } from '../chapter.ts'
import type { Outcome } from '../native.ts'
import type { Container } from '../options.ts'
import { signalTo } from '../process.ts'
import { inWords, isFull } from '../staging.ts'
import { amendmentsIn } from './amendments.ts'
import { announce } from './announce.ts'
import { recordEnd } from './journal.ts'
import { discard } from './remove.ts'
import { containerDir, keptState, markedState, saveKept, unmark } from './state.ts'

type HowItEnded = 'exitCode' | 'signal' | 'failure' | 'refused' | 'unlogged'

/** How it ended, as far as that is known. */
export interface End extends Pick<Outcome, HowItEnded> {
  /** When, if that was not just now. */
  finished?: string
}

/**
 * Record how `container` ended, remove its groups and whatever else the chapters gave it, and
 * remove the container itself with `rm`, or when its command never ran; if it was there before it
 * was started, it stays as it was, with this exit code. Harmless when it was done already.
 *
 * Throws when its end cannot be written down, as on a full disk, or its directory cannot be
 * renamed: the container is kept then, and the next command tries again.
 */
export async function settle(runtime: Runtime, container: Container, end: End): Promise<void> {
  const { root } = runtime
  const { id } = container
  if (container.init) signalTo(container.init, 'SIGKILL')
  await release(runtime, container)
  Object.assign(container, amendmentsIn(containerDir(root, id)))
  const neverRan = end.failure !== undefined || end.refused !== undefined
  const before = neverRan ? keptState(root, id) : undefined
  if (!neverRan && container.status === 'running') announceEnd(runtime, container, end)
  if (container.rm) recordEnd(containerDir(root, id), end)
  if (container.rm || (neverRan && !before)) return discard(runtime, container)
  if (before) return saveKept(root, { ...before, exitCode: end.exitCode })
  Object.assign(container, {
    status: 'exited',
    finished: end.finished ?? new Date().toISOString(),
    exitCode: end.exitCode,
    ...(end.signal ? { signal: end.signal } : {}),
    ...(end.unlogged === undefined ? {} : { unlogged: end.unlogged }),
  })
  try {
    saveKept(root, container)
  } catch (error) {
    throw inWords(error, root, `'${container.name}' has ended, and how is not on record`)
  }
}

/** What no monitor has said: there is none, or it was killed. */
function announceEnd(runtime: Runtime, container: Container, { exitCode }: End): void {
  announce(runtime, container, { action: 'die', exitCode: String(exitCode) })
}

/**
 * Settle a container that nobody waits for. What its monitor wrote down counts; if the monitor was
 * killed before, the container's processes died with it, by SIGKILL. One that had ended already,
 * when a crash came before its mark was gone, stays as it ended; one that was there before, and was
 * not started after all, stays as it was.
 */
export async function settleLost(runtime: Runtime, container: Container): Promise<void> {
  const { root } = runtime
  const { id, life } = container
  const now = markedState(root, id)
  if (now && now.life !== life) return // it was settled, and started again
  const before = keptState(root, id)
  const isOnRecord = before && ((before.life ?? 0) === (container.life ?? 0) || !isBegun(container))
  const isKept = isOnRecord || (!container.rm && existsSync(containerDir(root, id)))
  if (isKept && !isOnRecord) {
    try {
      return await settle(runtime, container, endOnRecord(container))
    } catch (error) {
      if (!isFull((error as Error).cause)) throw error
      return // ignoring a full disk: its mark stays for the next command, which may have room
    }
  }
  if (container.init) signalTo(container.init, 'SIGKILL')
  await release(runtime, container)
  if (!isKept) return discard(runtime, container)
  unmark(root, id)
}

/** Whether its first process was made. */
function isBegun({ status }: Container): boolean {
  return status !== 'created'
}

function endOnRecord({ status, exitCode, signal, finished }: Container): End {
  const isKnown = status === 'exited' || status === 'restarting'
  if (!isKnown || exitCode === undefined) return { exitCode: 137, signal: 'SIGKILL' }
  return { exitCode, ...(signal ? { signal } : {}), ...(finished ? { finished } : {}) }
}

/**
 * Remove what a container had outside its directory, later chapters first. What cannot be removed
 * does not keep its end from being recorded: `reset` finds it.
 */
async function release(runtime: Runtime, container: Container): Promise<void> {
  const { root, warn } = runtime
  const dir = containerDir(root, container.id)
  const setting: Setting = { container, root, dir, layers: async () => [], warn }
  const rows = await rowsFor(runtime, container.chapter)
  for (const { ended } of rows.toReversed())
    try {
      Object.assign(container, await ended?.(setting))
    } catch (error) {
      warn(`after container '${container.name}': ${(error as Error).message}`)
    }
}
