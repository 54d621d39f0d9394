/** Reads what is known of a name in an upper directory into plain data. */
import { readlinkSync, type BigIntStats } from 'node:fs'
import { batches } from '../../04-overlay/batches.ts'
import type { Stack } from '../../04-overlay/stack.ts'
import { readUpper, type UpperEntry } from '../../04-overlay/upper.ts'
import { fromBytes } from '../../bytes.ts'
import { inOpened } from '../../opened.ts'
import type { FileAttributes, UpperFact } from './entries.ts'

/** The facts of all names in the upper directory of `stack`, in tree order. */
export async function upperFacts(stack: Stack): Promise<UpperFact[]> {
  const program = batches([])
  const facts: UpperFact[] = []
  try {
    for await (const batch of readUpper(stack, program)) facts.push(...batch.map(factOf))
  } finally {
    await program.end()
  }
  return facts
}

/** A name, and what overlayfs makes of it. */
type Named = Pick<UpperEntry, 'path' | 'name' | 'directory' | 'stat'> &
  Pick<UpperEntry, 'isWhiteout' | 'isOpaque' | 'isInit'>

/** The facts of one name, as long as its batch is in use. */
export function factOf(entry: Named): UpperFact {
  const { path, name, directory, stat, isWhiteout, isOpaque, isInit } = entry
  const type = typeOf(stat)
  const target = () => fromBytes(readlinkSync(inOpened(directory.fd, name), 'buffer'))
  return {
    ...fileAttributes(stat),
    path,
    type,
    size: type === 'file' ? Number(stat.size) : 0,
    target: type === 'symlink' ? target() : '',
    ...(type === 'character' || type === 'block' ? { device: deviceOf(stat.rdev) } : {}),
    inode: String(stat.ino),
    links: Number(stat.nlink),
    isWhiteout,
    isOpaque,
    isInit,
  }
}

/** What an archive says of every kind of file, and nothing else. */
export function fileAttributes({ mode, uid, gid, mtimeNs }: BigIntStats): FileAttributes {
  const about = { mode: Number(mode & 0o7777n), uid: Number(uid), gid: Number(gid) }
  const device = { major: 0, minor: 0 }
  return { ...about, mtimeNs: String(mtimeNs), size: 0, target: '', device }
}

function typeOf(stat: BigIntStats): UpperFact['type'] {
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isCharacterDevice()) return 'character'
  if (stat.isBlockDevice()) return 'block'
  return stat.isFIFO() ? 'fifo' : 'file'
}

/** Linux's encoding of st_rdev: 8 low bits of minor, 12 of major, 12 high bits of minor. */
function deviceOf(rdev: bigint): UpperFact['device'] {
  return {
    major: Number((rdev >> 8n) & 0xfffn),
    minor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xfff00n)),
  }
}
