/** What a crash can leave behind, each with the way to remove it. */
import { join } from 'node:path'
import type { ResetOptions } from '../../chapter-tools.ts'

/** What to search, and which containers end when all that was found so far is removed. */
export interface ResetScope extends ResetOptions {
  ending: Set<string>
}

/** The directories of a data root in which a crash can leave something. */
export function place(root: string, name: 'containers' | 'names' | 'running' | 'tmp' | 'rootfs') {
  return join(root, name)
}
