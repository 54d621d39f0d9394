/** Temporary directories from which finished things are renamed to their place; a full disk. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ownPrefix } from './durable.ts'
import { StepError } from './native.ts'
import { isAlive } from './process.ts'

/** A fresh directory in `tmp/`, on the same file system as its target, so that rename(2) works. */
export function makeStaging(root: string): string {
  mkdirSync(join(root, 'tmp'), { recursive: true, mode: 0o711 })
  return mkdtempSync(join(root, 'tmp', ownPrefix()))
}

/** Remove what killed processes left. All users of a data root must share one pid namespace. */
export function clearStaging(root: string): void {
  for (const name of readdirSync(join(root, 'tmp'))) {
    const [kind, pid, start, boot = ''] = name.split('_')
    if (kind !== 'stage' || isAlive({ pid: Number(pid), start: Number(start), boot })) continue
    rmSync(join(root, 'tmp', name), { recursive: true, force: true })
  }
}

/**
 * For a full disk, an error that says so, with `then` for the consequence; any other error as it
 * is.
 */
export function inWords(error: unknown, root: string, then = 'nothing was changed'): unknown {
  if (!isFull(error)) return error
  return new Error(`the disk that holds ${root} is full; ${then}`, { cause: error })
}

/** Whether the disk is full (ENOSPC) or the user's quota used up (EDQUOT). */
export function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(errnoOf(error) ?? '')
}

/** The errno of a failed call, in Node or in a plan; undefined for other errors. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof StepError) return error.report.errno
  const isSystem = error instanceof Error && 'syscall' in error && 'code' in error
  return isSystem ? String(error.code) : undefined
}
