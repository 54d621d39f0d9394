/** Step by step. What a crash can leave behind, each with the way to remove it. */
import { join } from 'node:path'

export interface Leftover {
  kind:
    | 'proc'
    | 'mount'
    | 'process'
    | 'container'
    | 'frozen'
    | 'group'
    | 'directory'
    | 'file'
    | 'name'
    | 'image'
  /** Which one: a path, a process, a name. */
  what: string
  why: string
  /** Harmless when it is gone already. Absent where it is only told of. */
  remove?: () => void | Promise<void>
}

export interface ResetOptions {
  /** The data root. */
  root: string
  /** End containers that run as they should, too. */
  force: boolean
  /** Remove groups that no container of this root is known to have, too. */
  all: boolean
  /** Remove the images, too. */
  images: boolean
}

/** What to search, and which containers end when all that was found so far is removed. */
export interface ResetScope extends ResetOptions {
  ending: Set<string>
}

/** The directories of a data root in which a crash can leave something. */
export function place(root: string, name: 'containers' | 'names' | 'running' | 'tmp' | 'rootfs') {
  return join(root, name)
}
