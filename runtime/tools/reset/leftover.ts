/** What a crash can leave behind, each with the way to remove it. */
import { join } from 'node:path'
import type { ResetOptions } from '../../chapter-tools.ts'

/** What is looked at, and which containers will be gone when what was found so far is removed. */
export interface Scene extends ResetOptions {
  ending: Set<string>
}

/** The directories of a data root in which a crash can leave something. */
export function place(root: string, name: 'containers' | 'names' | 'running' | 'tmp' | 'rootfs') {
  return join(root, name)
}
