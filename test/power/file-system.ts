/** Tests. An empty ext4 file system as a disk. */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { diskOf, type Disk } from './disk.ts'

/**
 * Made in the file at `path`, which goes again. Its blocks are the disk's; its journal is short, so
 * that it comes round often; and nothing is left for the kernel to initialize later, which would be
 * writes that no power cut is interested in.
 */
export function emptyFileSystem(path: string, bytes: number): Disk {
  writeFileSync(path, '')
  truncateSync(path, bytes)
  const now = 'lazy_itable_init=0,lazy_journal_init=0'
  const argv = ['-q', '-t', 'ext4', '-b', '4096', '-J', 'size=4', '-E', `${now},nodiscard`, path]
  execFileSync('mke2fs', argv)
  const disk = diskOf(readFileSync(path))
  rmSync(path)
  return disk
}
