/** Makes disks for a guest: empty, for swap, or with the images of a data root. */
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onPath } from '../tools/programs.ts'
import { cached } from './cache.ts'
import { runProgram } from './program.ts'

/** An empty ext4 disk of `bytes`, a sparse file in the cache. Undefined if there is no mke2fs. */
export async function emptyDisk(bytes: number): Promise<string | undefined> {
  if (!onPath('mke2fs')) return undefined
  return cached('disks', `ext4-${bytes}`, (path) => format(path, bytes, undefined))
}

/** A disk of `bytes` for swap; the guest runs mkswap(8) on it. */
export async function blankDisk(bytes: number): Promise<string> {
  return cached('disks', `blank-${bytes}`, (path) => truncate(path, bytes))
}

/** Make a disk of `bytes` at `path` with a copy of the images of `root`. */
export async function diskWithImages(path: string, bytes: number, root: string): Promise<void> {
  if (!onPath('mke2fs')) throw new Error('no mke2fs here to make a disk; install e2fsprogs')
  const tree = mkdtempSync(join(tmpdir(), 'stepbox-disk-'))
  try {
    mkdirSync(join(tree, 'lib/stepbox'), { recursive: true })
    const { exitCode, err } = await runProgram(
      ['sh', '-c', 'cp -a oci-layout index.json blobs "$0"', join(tree, 'lib/stepbox')],
      { cwd: root },
    )
    if (exitCode !== 0) throw new Error(`cannot read the images in ${root}: ${err.trim()}`)
    await format(path, bytes, tree)
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

async function format(path: string, bytes: number, tree: string | undefined): Promise<void> {
  truncate(path, bytes)
  const from = tree === undefined ? [] : ['-d', tree]
  const mke2fs = onPath('mke2fs') ?? 'mke2fs' // an ordinary user's PATH has no /sbin
  const argv = [mke2fs, '-q', '-t', 'ext4', '-F', '-E', 'root_owner=0:0', ...from, path]
  const { exitCode, err } = await runProgram(argv)
  if (exitCode !== 0) throw new Error(`mke2fs: ${err.trim()}`)
}

function truncate(path: string, bytes: number): void {
  const fd = openSync(path, 'wx', 0o600)
  ftruncateSync(fd, bytes)
  closeSync(fd)
}
