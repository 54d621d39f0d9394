/** What the host sees of a container's directory and of its image. */
import { readdirSync, type BigIntStats } from 'node:fs'
import { join } from 'node:path'
import { batches } from '../04-overlay/batches.ts'
import { diff } from '../04-overlay/diff.ts'
import { stackIn } from '../04-overlay/stack.ts'
import { readUpper, type UpperEntry } from '../04-overlay/upper.ts'
import type { Disk, UpperFile } from '../chapter-lab.ts'
import { readRegular } from '../files.ts'
import type { ImageCopy } from './image.ts'
import { deviceOf } from './look.ts'

/** Of the container whose directory is `dir`. */
export function diskOf(dir: string, image: ImageCopy | undefined): Disk {
  return {
    dir,
    words: image?.words ?? [],
    imageChanges: () => image?.changes() ?? [],
    changes: async () => diff(stackIn(dir)),
    upper: async () => upperIn(dir),
    names: (below) => readdirSync(join(dir, below), { recursive: true }).map(String).sort(),
    read: (path) => readRegular(join(dir, path)),
  }
}

async function upperIn(dir: string): Promise<UpperFile[]> {
  const program = batches([])
  const found: UpperFile[] = []
  try {
    for await (const batch of readUpper(stackIn(dir), program))
      for (const entry of batch.filter(({ isInit }) => !isInit))
        found.push({
          path: `/${entry.path}`,
          kind: kindOf(entry),
          ...nodeOf(entry.stat),
          isInImage: entry.lower !== undefined,
          isChanged: entry.isTouched,
        })
  } finally {
    await program.end()
  }
  return found
}

function kindOf({ stat, isWhiteout, isOpaque }: UpperEntry): UpperFile['kind'] {
  if (isWhiteout) return 'whiteout'
  if (stat.isDirectory()) return isOpaque ? 'opaque directory' : 'directory'
  return stat.isFile() ? 'file' : 'other'
}

function nodeOf(stat: BigIntStats): Pick<UpperFile, 'type' | 'device'> {
  if (stat.isDirectory()) return { type: 'directory', device: '' }
  if (stat.isSymbolicLink()) return { type: 'symbolic link', device: '' }
  if (stat.isFile()) return { type: 'regular file', device: '' }
  if (!stat.isCharacterDevice()) return { type: 'other', device: '' }
  return { type: 'character special file', device: deviceOf(Number(stat.rdev)) }
}
