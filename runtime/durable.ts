/** Chapter 2. Files that are still there after a power cut: written aside, synced, renamed. */
import { closeSync, constants, fsyncSync, ftruncateSync, openSync } from 'node:fs'
import { renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { identify } from './process.ts'

const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants

/**
 * How the name of what this process makes in `tmp/` begins. It says which process it belongs to:
 * when that is gone, be it by a reboot, anybody may remove it.
 */
export function ownPrefix(): string {
  const owner = identify(process.pid)
  const { pid, start, boot } = owner ?? { pid: process.pid, start: 0, boot: 'none' }
  return `stage_${pid}_${start}_${boot}_`
}

/**
 * Write a file whose content is on the disk when this returns. If it is there already, what it has
 * of the disk is used again: then this needs no room.
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

/**
 * Rename, and have it on the disk: after a power cut there is the old file or the new one, whole.
 */
export function putInPlace(staged: string, path: string): void {
  renameSync(staged, path)
  syncDir(dirname(path))
}

function syncDir(path: string): void {
  const fd = openSync(path, 'r')
  fsyncSync(fd)
  closeSync(fd)
}
