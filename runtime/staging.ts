/** Temporary directories from which finished things are renamed to their place; a full disk. */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace } from './data-root.ts'
import { ownPrefix } from './durable.ts'
import { StepError } from './native.ts'

/** A fresh directory in `tmp/`, on the same file system as its target, so that rename(2) works. */
export function makeStaging(root: string): string {
  return mkdtempSync(join(makePlace(root, 'tmp'), ownPrefix()))
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
