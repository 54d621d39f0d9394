/** Chapter 5. Where things are made before they are put in their place. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ownPrefix } from './durable.ts'
import { StepError } from './native.ts'
import { isAlive } from './process.ts'

/**
 * A fresh directory in `tmp/`, on the file system of everything else, so that a rename puts what
 * is in it in place.
 */
export function makeStaging(root: string): string {
  mkdirSync(join(root, 'tmp'), { recursive: true, mode: 0o711 })
  return mkdtempSync(join(root, 'tmp', ownPrefix()))
}

/**
 * Remove what processes left behind that were killed. All users of a root share one pid namespace.
 */
export function clearStaging(root: string): void {
  for (const name of readdirSync(join(root, 'tmp'))) {
    const [kind, pid, start, boot = ''] = name.split('_')
    if (kind !== 'stage' || isAlive({ pid: Number(pid), start: Number(start), boot })) continue
    rmSync(join(root, 'tmp', name), { recursive: true, force: true })
  }
}

/**
 * Words for a disk that is full, whatever was being written, and what follows from that; every
 * other error stays what it is.
 */
export function inWords(error: unknown, root: string, then = 'nothing was changed'): unknown {
  if (!isFull(error)) return error
  return new Error(`the disk that holds ${root} is full; ${then}`, { cause: error })
}

/** Whether there was no room on the disk, or none for this user. */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '')
}

/**
 * The name of the errno with which the kernel refused, here or in a plan; undefined for other
 * errors.
 */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof StepError) return error.report.errno
  const isSystem = error instanceof Error && 'syscall' in error && 'code' in error
  return isSystem ? String(error.code) : undefined
}
