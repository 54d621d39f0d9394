/** Files that survive a power cut: written to a temporary file, synced, renamed. */
import { closeSync, constants, fsyncSync, ftruncateSync, openSync } from 'node:fs'
import { renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { identify } from './process.ts'

const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants

/**
 * The beginning of the names that this process uses in `tmp/`. It identifies the process: once that
 * has ended, also by a reboot, any process may remove the file.
 */
export function ownPrefix(): string {
  const owner = identify(process.pid)
  const { pid, start, boot } = owner ?? { pid: process.pid, start: 0, boot: 'none' }
  return `stage_${pid}_${start}_${boot}_`
}

/**
 * Write a file and fsync(2) it. The blocks of a file that exists are used again, so that writing
 * into reserved space works on a full disk.
 */
export function writeDurably(path: string, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const fd = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o644)
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, bytes.length - at, at)
    ftruncateSync(fd, bytes.length)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Rename and sync the directory: after a power cut `path` is the old or the new file, whole. */
export function putInPlace(staged: string, path: string): void {
  renameSync(staged, path)
  syncDir(dirname(path))
}

function syncDir(path: string): void {
  const fd = openSync(path, 'r')
  fsyncSync(fd)
  closeSync(fd)
}
