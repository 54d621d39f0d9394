/** The workspace that was used last, for `lab` typed elsewhere: a file of the data root. */
import { join } from 'node:path'
import { makePlace } from '../../data-root.ts'
import { writeAside } from '../../durable.ts'
import { readRegular } from '../../files.ts'

const fileIn = (root: string) => join(root, 'lab.json')

/** Remember the directory. Where the data root is not ours to write, nothing is remembered. */
export function rememberLast(root: string, dir: string): void {
  if (lastUsed(root) === dir) return
  try {
    const text = `${JSON.stringify({ version: 1, last: dir }, null, 1)}\n`
    writeAside(makePlace(root, 'tmp'), fileIn(root), text)
  } catch {
    // ignoring: the commands work without it, within the workspace
  }
}

/** Its directory, which may be gone; undefined if none is known. */
export function lastUsed(root: string): string | undefined {
  try {
    const found = JSON.parse(readRegular(fileIn(root)) ?? '{}') as { last?: unknown }
    return typeof found.last === 'string' ? found.last : undefined
  } catch {
    return undefined // ignoring: damaged, or not ours to read; it is a convenience
  }
}
