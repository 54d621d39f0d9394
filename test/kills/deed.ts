/** Tests. A command to be killed in. */
import type { Member } from './tree.ts'

export interface Deed {
  /** The command lines: of several, all are started at once. */
  commands: string[][]
  /** The exit code of each, unless it was killed; without it, any. */
  code?: number
  /** Further processes that may be killed. */
  others?: (root: string) => Member[]
  /** Wait until what the commands have begun has ended. */
  calm?: (root: string) => Promise<void>
  /** What it has not kept its word in, if it ended with that code. */
  broken?: (root: string) => string[]
  /** Remove what is there now, whatever became of it. */
  clear?: (root: string) => Promise<unknown>
}
