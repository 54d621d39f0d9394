/**
 * A container's write layer, which overlayfs is to have in one mount at a time: what two mounts of
 * one `upper` show is undefined (kernel, filesystems/overlayfs). A container that runs has one, and
 * keeps it while others reach into that; of one that does not run, each who reaches into it makes
 * one. Whoever reaches in therefore locks `upper`, and a start waits until the lock is free.
 */
import { closeSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { openLocked } from '../05-commit/store/lock.ts'
import { isLive } from './states.ts'
import type { Container } from '../options.ts'

/** How long a command waits for another that reaches into the container. */
const patienceMs = 30_000

/**
 * Lock the write layer in `dir` for one who reaches into `container`: with others if it runs, and
 * alone if not. The caller holds the container (`withContainer`). Gives the descriptor that holds
 * the lock; undefined if there is no write layer.
 */
export async function lockWriteLayer(
  dir: string,
  container: Container,
): Promise<number | undefined> {
  const upper = join(dir, 'upper')
  if (!existsSync(upper)) return undefined
  return openLocked(upper, isLive(container) ? 'LOCK_SH' : 'LOCK_EX', patienceMs)
}

/** Wait until no command reaches into the write layer in `dir`, whose container does not run. */
export async function writeLayerFree(dir: string, container: Container): Promise<void> {
  const fd = await lockWriteLayer(dir, container)
  if (fd !== undefined) closeSync(fd)
}
