/** Files that survive a power cut: written to a temporary file, synced, renamed. */
import { closeSync, constants, fsyncSync, ftruncateSync, openSync } from 'node:fs'
import { renameSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ProcessId } from './options.ts'
import { identifySelf } from './process.ts'

const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants

/**
 * The beginning of the names that this process uses in `tmp/`. It identifies the process: once that
 * has ended, also by a reboot, any process may remove the file.
 */
export function ownPrefix(): string {
  const { pid, start, boot, within } = identifySelf() ?? nobody
  return `stage_${pid}_${start}_${boot}_${within}_`
}

const nobody: ProcessId = { pid: 0, start: 0, boot: 'none', within: '0@none' }

/** The process whose name in `tmp/` this is; undefined if it is not the name of a process. */
export function ownerOfStaged(name: string): ProcessId | undefined {
  const [kind, pid, start, boot = '', within = ''] = name.split('_')
  if (kind !== 'stage') return undefined
  const place = within.includes('@') ? { within } : {} // earlier versions had none
  return { pid: Number(pid), start: Number(start), boot, ...place }
}

/**
 * Write a file, which only this user can read, and fsync(2) it. The blocks of a file that exists
 * are used again, so that writing into reserved space works on a full disk.
 */
export function writeDurably(path: string, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const fd = openSync(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600)
  try {
    writeAll(fd, bytes)
    ftruncateSync(fd, bytes.length)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Write all of `bytes`: write(2) may write less than it is given. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
}

/**
 * Put a file in place with its whole content, by way of the directory `tmp` on the same file
 * system. A rename replaces a link or a fifo, and follows none. It is not synced: a power cut may
 * lose the file.
 */
export function writeAside(tmp: string, path: string, text: string | Uint8Array): void {
  const staged = join(tmp, `${ownPrefix()}${++written}`)
  writeFileSync(staged, text, { mode: 0o600 })
  renameSync(staged, path)
}

/** The number of files so far. */
let written = 0

/** Rename and sync the directory: after a power cut `path` is the old or the new file, whole. */
export function putInPlace(staged: string, path: string): void {
  renameSync(staged, path)
  syncDir(dirname(path))
}

/** fsync(2) a directory: the names in it survive a power cut. */
export function syncDir(path: string): void {
  const fd = openSync(path, 'r')
  fsyncSync(fd)
  closeSync(fd)
}
