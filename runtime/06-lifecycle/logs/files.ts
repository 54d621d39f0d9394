/**
 * The files of a log, which its writer may rotate at any moment (native/log.c): `log` becomes
 * `log.1`, that becomes `log.2`, the oldest one is lost, and a new `log` begins. A file that is
 * open keeps its content, and its inode number tells it apart from one that took its name.
 */
import { closeSync, fstatSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { namesIn, openRegular, unlessMissing } from '../../files.ts'

export interface OpenFile {
  fd: number
  inode: bigint
  /** When it was opened. */
  size: number
}

/** A log that is rotated all the time is read all the same, as it was found in the end. */
const mostTries = 100

/**
 * Open all files of a log, the oldest first: none while the log is rotated, which begins with a new
 * name for the oldest one and ends with a new file.
 */
export function openFiles(path: string): OpenFile[] {
  for (let tries = 1; ; tries++) {
    const last = opened(path)
    const others = rotated(path)
    const files = [last ?? [], others.flatMap((each) => opened(each) ?? [])].flat()
    const isWhole = last?.inode === inodeOf(path) && `${rotated(path)}` === `${others}`
    if (isWhole || tries === mostTries) return files.filter(isFirst).reverse()
    closeFiles(files)
  }
}

function isFirst({ inode }: OpenFile, at: number, files: OpenFile[]): boolean {
  return files.findIndex((each) => each.inode === inode) === at
}

/** `log.1` and so on, the newest first. */
function rotated(path: string): string[] {
  const name = basename(path)
  const numbers = namesIn(dirname(path)).flatMap((each) => {
    const number = each.startsWith(`${name}.`) ? each.slice(name.length + 1) : ''
    return /^[1-9]\d{0,3}$/.test(number) ? Number(number) : []
  })
  return numbers.sort((a, b) => a - b).map((number) => `${path}.${number}`)
}

/**
 * Open the files that are newer than `own`, the oldest first; none as long as that is the last one.
 * When it was rotated away, so were perhaps others: `isGap` says so.
 */
export function newerThan(own: OpenFile | undefined, path: string) {
  if (own && inodeOf(path) === own.inode) return { files: [], isGap: false }
  const files = openFiles(path)
  const at = files.findIndex(({ inode }) => inode === own?.inode)
  closeFiles(files.slice(0, at + 1))
  return { files: files.slice(at + 1), isGap: own !== undefined && at < 0 && files.length > 0 }
}

export function closeFiles(files: OpenFile[]): void {
  for (const { fd } of files) closeSync(fd)
}

function opened(path: string): OpenFile | undefined {
  const file = unlessMissing(() => openRegular(path))
  return file && { ...file, inode: fstatSync(file.fd, { bigint: true }).ino }
}

function inodeOf(path: string): bigint | undefined {
  return unlessMissing(() => statSync(path, { bigint: true }).ino)
}
