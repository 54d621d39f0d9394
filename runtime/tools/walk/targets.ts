/** The files that a call makes, changes or removes: looked at before it and after it. */
import { readlinkSync, statSync, type Stats } from 'node:fs'
import type { Call } from '../../calls.ts'
import { tryRead } from '../../files.ts'
import { find } from '../explain/scene.ts'
import { procLink } from '../proc.ts'

/** What each file is, in words, by its path as the call has it; a missing one is left out. */
export type Targets = Record<string, string>

/** Look at the files that `call` is about, as process `pid` sees them now. */
export function targetsAt(pid: number, call: Call): Targets {
  const found = targetsOf(call).flatMap((target) => {
    const words = typeof target === 'number' ? openFile(pid, target) : file(pid, target, call[0])
    return words === undefined ? [] : [words]
  })
  return Object.fromEntries(found)
}

/** Paths, or the number of a descriptor. What becomes of mounts and groups is observed as such. */
function targetsOf(call: Call): (string | number)[] {
  switch (call[0]) {
    case 'mkdir':
    case 'mknod':
    case 'open':
    case 'unlink':
    case 'rmdir':
    case 'lchown':
    case 'chmod':
      return [call[1]]
    case 'write':
      return /\/(?:tasks|cgroup\.procs)$/.test(call[1]) ? [] : [call[1]]
    case 'mkdir_parents':
      return above(call[1])
    case 'symlink':
    case 'link':
      return [call[2]]
    case 'fchown':
      return [call[1]]
    default:
      return []
  }
}

/** `/a/b/c` → `/a`, `/a/b`, `/a/b/c`. */
function above(path: string): string[] {
  const names = path.split('/').filter(Boolean)
  const top = path.startsWith('/') ? '/' : ''
  return names.map((_, at) => top + names.slice(0, at + 1).join('/'))
}

type Described = [path: string, words: string]

/** For a write: what is in the file. `/proc/self` would be the process that reads it. */
function file(pid: number, path: string, name: Call[0]): Described | undefined {
  const own = path.replace(/^\/proc\/self\//, `/proc/${pid}/`)
  if (own !== path) return [path, valueOf(tryRead(own))]
  const found = find({ pid }, path, false)
  if (found.is !== 'there') return undefined
  return [path, name === 'write' ? valueOf(tryRead(found.real)) : kindOf(found.stat, found.real)]
}

/** Its first line. */
function valueOf(text: string | undefined): string {
  return text === undefined ? 'cannot be read' : (text.trim().split('\n')[0] ?? '')
}

function openFile(pid: number, fd: number): Described | undefined {
  const stat = statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false })
  return stat && [procLink(pid, `fd/${fd}`), kindOf(stat)]
}

/** `a device 1:3, mode 666, owner 0:0` */
function kindOf(stat: Stats, path?: string): string {
  const owner = `owner ${stat.uid}:${stat.gid}`
  if (stat.isSymbolicLink() && path !== undefined) return `a link to ${readlinkSync(path)}`
  const kind = stat.isDirectory()
    ? 'a directory'
    : stat.isCharacterDevice() || stat.isBlockDevice()
      ? `a device ${stat.rdev >> 8}:${stat.rdev & 0xff}`
      : stat.isFIFO()
        ? 'a pipe'
        : `a file of ${stat.size} bytes`
  return `${kind}, mode ${(stat.mode & 0o7777).toString(8)}, ${owner}`
}
