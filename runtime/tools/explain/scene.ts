/** Step by step. The scene of a failure: the process whose call failed, as /proc shows it. */
import { closeSync, constants, lstatSync, openSync, readlinkSync, type Stats } from 'node:fs'
import { fromBytes, toBytes } from '../../bytes.ts'
import type { Mount } from '../../mountinfo.ts'
import type { Call, CallName } from '../../calls.ts'
import type { Step } from '../../step.ts'
import { mountsOf, procText } from '../proc.ts'

/** A call failed; process `pid`, by the host's number, is still as it was when it did. */
export interface FailureScene {
  plan: Step[]
  index: number
  errno: string
  pid: number
}

export type CallOf<Name extends CallName> = Extract<Call, [Name, ...unknown[]]>

/** What a path of the process leads to, or the part of it that leads nowhere. */
export type Lookup =
  | { is: 'there'; path: string; real: string; stat: Stats }
  | { is: 'missing' | 'no directory' | 'loop'; path: string; link?: Link }

/** The last symbolic link that was followed, and what it says. */
interface Link {
  path: string
  target: string
}

const mostLinks = 40

/**
 * Follow `path` as the process would: from its root or working directory, through symbolic links
 * inside its root. `real` is the same file as the host can open it. Throws where we cannot look.
 */
export function find({ pid }: FailureScene, path: string, followsLast = true): Lookup {
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

/** In words, why a path leads nowhere; undefined where it does lead somewhere. */
export function whyNot({ pid }: FailureScene, path: string, found: Lookup): string | undefined {
  if (found.is === 'there') return undefined
  if (found.is === 'loop') return `the symbolic links of ${path} lead in a circle`
  const state = found.is === 'missing' ? 'is not there' : 'is not a directory'
  const from = path.startsWith('/') ? '' : ` in ${linkOf(`/proc/${pid}/cwd`)}`
  if (found.link === undefined) return `${found.path} ${state}${from}`
  const { path: at, target } = found.link
  if (target === found.path) return `${at} is a symbolic link to ${target}, which ${state}`
  return `${at} is a symbolic link to ${target}: ${found.path} ${state}`
}

function namesOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** Undefined where nothing is; throws where we may not look. */
function lstat(path: string): Stats | undefined {
  return lstatSync(toBytes(path), { throwIfNoEntry: false })
}

function linkOf(path: string): string {
  return fromBytes(readlinkSync(toBytes(path), { encoding: 'buffer' }))
}

/** Where a file lies: the id of its mount, and its path in the process's mount namespace. */
export function placeOf(real: string): { mount: string; path: string } {
  const justAPath = 0o10000000 // O_PATH: neither reads nor needs permission (open(2))
  const fd = openSync(toBytes(real), constants.O_RDONLY | justAPath)
  try {
    const mount = /^mnt_id:\s*(\d+)/m.exec(procText('self', `fdinfo/${fd}`))?.[1] ?? ''
    return { mount, path: linkOf(`/proc/self/fd/${fd}`) }
  } finally {
    closeSync(fd)
  }
}

/** The mount that a file lies on; undefined where the process cannot reach it. */
export function mountOf(scene: FailureScene, real: string): Mount | undefined {
  const { mount } = placeOf(real)
  return mountsOf(scene.pid).find(({ id }) => id === mount)
}

/** Whether a directory is the top of a mount: `..` leads to another one then. */
export function isMountPoint(real: string): boolean {
  return placeOf(`${real}/.`).mount !== placeOf(`${real}/..`).mount
}

/** `ro` for the mount itself or for all of its file system. */
export function isReadOnly({ options, superOptions }: Mount): boolean {
  return [options, superOptions].some((each) => each.split(',')[0] === 'ro')
}

/** Whether the process has a root of its own by now, so that its paths are those of an image. */
export function hasOwnRoot({ plan, index }: FailureScene): boolean {
  return plan.slice(0, index).some(({ call: [name] }) => ['pivot_root', 'chroot'].includes(name))
}
