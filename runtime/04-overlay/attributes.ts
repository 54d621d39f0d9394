/** Chapter 4. Extended attributes of many files of an overlay, from the native program. */
import type { BigIntStats } from 'node:fs'
import { fromBytes } from '../bytes.ts'
import { stepOf } from '../step.ts'
import { batches, type Batches } from './batches.ts'

const step = stepOf(4)

/** Something on the disk, and the names of its extended attributes once they were asked for. */
export interface Seen {
  path: string
  stat: BigIntStats
  xattrs: string[]
}

/** A name in the upper directory, and what lies under it. */
interface Asked extends Seen {
  layers: Seen[]
  init?: Seen
}

/**
 * Attributes are a question for the native program, which asks in the upper directory from inside.
 */
export function askFor(upper: string) {
  const inUpper = batches([
    step(['chroot', upper], 'a symlink that the container made must not lead to the host'),
    step(['chdir', '/'], 'the paths are those of the upper directory now'),
  ])
  let inLayers: Batches | undefined
  const list = async (program: Batches, all: Seen[]) => {
    const why = 'overlayfs marks directories with attributes'
    const plan = all.map(({ path }) => step(['llistxattr', path], why, 'ENOENT'))
    for (const { index, answer } of await program.make(plan))
      all[index]?.xattrs.push(...fromBytes(answer).split('\0').slice(0, -1).sort())
  }
  const attributesOf = async (places: Asked[]) => {
    await list(inUpper, places)
    const directories = places.filter(({ stat }) => stat.isDirectory())
    const others = directories.flatMap(({ layers, init }) => [
      ...(layers.length > 1 ? layers : []),
      ...(init ? [init] : []),
    ])
    if (others.length > 0) await list((inLayers ??= batches([])), others)
  }
  const end = async () => {
    await inUpper.end()
    await inLayers?.end()
  }
  return { attributesOf, end }
}
