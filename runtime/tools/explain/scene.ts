/** The process whose call failed, as /proc shows it: its paths and mounts. */
import { closeSync, constants, lstatSync, openSync, readlinkSync, type Stats } from 'node:fs'
import { fromBytes, toBytes } from '../../bytes.ts'
import type { Call, CallName } from '../../calls.ts'
import type { FailedStep } from '../../chapter-tools.ts'
import type { Mount } from '../../mountinfo.ts'
import { mountsOf, procText } from '../proc.ts'

/** A call of one name. */
export type CallOf<Name extends CallName> = Extract<Call, [Name, ...unknown[]]>

/** The file that a path leads to, or the part of the path that cannot be followed. */
export type Lookup =
  | { is: 'there'; path: string; real: string; stat: Stats }
  | { is: 'missing' | 'no directory' | 'loop'; path: string; link?: Link }

/** The last symbolic link that was followed, and its target. */
interface Link {
  path: string
  target: string
}

const mostLinks = 40

/**
 * Follow `path` as the process would: from its root or working directory, through symbolic links
 * inside its root. `real` is the path by which the host can open the file. Throws without
 * permission.
 */
export function find(
  { pid }: Pick<FailedStep, 'pid'>,
  path: string,
  followsLast = true,
): Lookup {
  const rest = namesOf(path)
  let base = path.startsWith('/') ? 'root' : 'cwd'
  let done: string[] = []
  let links = 0
  let link: Link | undefined
  const here = () => `${base === 'root' ? '/' : ''}${done.join('/')}` || '.'
  const real = () => ['/proc', pid, base, ...done].join('/')
  let stat = lstat(`${real()}/.`)
  while (rest.length > 0) {
    const name = rest.shift() ?? ''
    if (stat && !stat.isDirectory()) return { is: 'no directory', path: here(), ...of(link) }
    if (name === '..') {
      if (done.length > 0 && done.at(-1) !== '..') done.pop()
      else if (base === 'cwd') done.push('..')
    } else done.push(name)
    stat = lstat(done.length > 0 ? real() : `${real()}/.`)
    if (!stat) return { is: 'missing', path: here(), ...of(link) }
    if (!stat.isSymbolicLink() || (rest.length === 0 && !followsLast)) continue
    if (++links > mostLinks) return { is: 'loop', path: here() }
    const target = linkOf(real())
    link = { path: here(), target }
    rest.unshift(...namesOf(target))
    done.pop()
    if (target.startsWith('/')) [base, done] = ['root', []]
    stat = lstat(`${real()}/.`)
  }
  if (!stat) return { is: 'missing', path: here(), ...of(link) }
  return { is: 'there', path: here(), real: real(), stat }
}

function of(link: Link | undefined): { link?: Link } {
  return link === undefined ? {} : { link }
}

/** Why a path cannot be followed, in words; undefined if it can. */
export function whyNot({ pid }: FailedStep, path: string, found: Lookup): string | undefined {
  if (found.is === 'there') return undefined
  if (found.is === 'loop') return `the symbolic links of ${path} form a loop`
  const state = found.is === 'missing' ? 'does not exist' : 'is not a directory'
  const from = path.startsWith('/') ? '' : ` in ${linkOf(`/proc/${pid}/cwd`)}`
  if (found.link === undefined) return `${found.path} ${state}${from}`
  const { path: at, target } = found.link
  if (target === found.path) return `${at} is a symbolic link to ${target}, which ${state}`
  return `${at} is a symbolic link to ${target}: ${found.path} ${state}`
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** Undefined if there is no file; throws without permission. */
function lstat(path: string): Stats | undefined {
  return lstatSync(toBytes(path), { throwIfNoEntry: false })
}

function linkOf(path: string): string {
  return fromBytes(readlinkSync(toBytes(path), { encoding: 'buffer' }))
}

/** The id of a file's mount, and its path in the process's mount namespace. */
export function placeOf(real: string): { mount: string; path: string } {
  const justAPath = 0o10000000 // O_PATH: needs no permission to read (open(2))
  const fd = openSync(toBytes(real), constants.O_RDONLY | justAPath)
  try {
    const mount = /^mnt_id:\s*(\d+)/m.exec(procText('self', `fdinfo/${fd}`))?.[1] ?? ''
    return { mount, path: linkOf(`/proc/self/fd/${fd}`) }
  } finally {
    closeSync(fd)
  }
}

/** The mount that a file is on; undefined if the process cannot reach the mount. */
export function mountOf(scene: FailedStep, real: string): Mount | undefined {
  const { mount } = placeOf(real)
  return mountsOf(scene.pid).find(({ id }) => id === mount)
}

/** Whether a directory is the root of a mount: then `..` is on another mount. */
export function isMountPoint(real: string): boolean {
  return placeOf(`${real}/.`).mount !== placeOf(`${real}/..`).mount
}

/** `ro` is an option of the mount or of its file system. */
export function isReadOnly({ options, superOptions }: Mount): boolean {
  return [options, superOptions].some((each) => each.split(',')[0] === 'ro')
}

/** Whether the process has changed its root already, so that its paths are those of an image. */
export function hasOwnRoot({ plan, index }: FailedStep): boolean {
  return plan.slice(0, index).some(({ call: [name] }) => ['pivot_root', 'chroot'].includes(name))
}
