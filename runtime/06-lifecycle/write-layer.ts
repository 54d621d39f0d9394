/**
 * A container's write layer, which overlayfs is to have in one mount at a time: what two mounts of
 * one `upper` show is undefined (kernel, filesystems/overlayfs). A container that runs has one, and
 * commands use that one; for a container that does not run, each command mounts its own. So every
 * command locks `upper` while it uses the layer, and every start waits for the lock: the first
 * start here, later ones in the monitor (native/06-lifecycle.c).
 */
import { closeSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { openLocked } from '../05-commit/store/lock.ts'
import { stateOf } from '../container/find.ts'
import { containerDir } from '../container/state.ts'
import type { Container } from '../options.ts'

/** How long a command waits for another that reaches into the container. */
const patienceMs = 30_000

/** One that is to run again may do so while we wait. */
const restartPatienceMs = 500

/** A container as it is while its write layer is locked, and the descriptor that holds the lock. */
export interface LockedLayer {
  container: Container
  /** Undefined if there is no write layer. */
  lock: number | undefined
}

/**
 * Lock the write layer for one who reaches into `container`: with others if it runs, and alone if
 * not. The caller holds the container (`withContainer`); its monitor may start it all the same, or
 * wait with the next start until the lock is free.
 */
export async function lockWriteLayer(root: string, container: Container): Promise<LockedLayer> {
  const upper = join(containerDir(root, container.id), 'upper')
  if (!existsSync(upper)) return { container, lock: undefined }
  const start = performance.now()
  let last = container
  for (;;) {
    const isLate = performance.now() - start > patienceMs
    const lock = await lockAs(last, upper, isLate)
    const now = stateOf(root, container.id) ?? last
    if (lock !== undefined && now.status === last.status) return { container: now, lock }
    if (lock !== undefined) closeSync(lock)
    last = now
  }
}

/** Undefined if the container restarts and the lock was not free: its next start may hold it. */
async function lockAs(
  { status }: Container,
  upper: string,
  isLate: boolean,
): Promise<number | undefined> {
  if (status === 'running') return openLocked(upper, 'LOCK_SH', patienceMs)
  if (status !== 'restarting' || isLate) return openLocked(upper, 'LOCK_EX', patienceMs)
  try {
    return await openLocked(upper, 'LOCK_EX', restartPatienceMs)
  } catch {
    return undefined // the caller looks again, and asks for the reason at last
  }
}

/** Wait until no command reaches into the write layer in `dir`, whose container does not run. */
export async function writeLayerFree(dir: string): Promise<void> {
  const upper = join(dir, 'upper')
  if (existsSync(upper)) closeSync(await openLocked(upper, 'LOCK_EX', patienceMs))
}
