/** Looks up names in a container's root: the kernel resolves them there, and they stay open. */
import { lstatSync, readlinkSync, type BigIntStats } from 'node:fs'
import { fromBytes, toBytes } from '../../bytes.ts'
import type { ResolveFlag } from '../../flag-names.ts'
import { errnoNamed } from '../../kernel-names.ts'
import { stepOf, type Step } from '../../step.ts'
import { resolvedInside, rootFd } from '../inside-root.ts'
import { foundFd, type HeldRoot } from './held-root.ts'

const step = stepOf(7)

/** What a path is. `foundFd` is a directory: itself, or the one that it is in. */
export type FoundInside =
  | { kind: 'directory'; path: string; stat: BigIntStats }
  | { kind: 'file'; path: string; name: string; stat: BigIntStats }
  /** `name` is missing in a directory that is there. */
  | { kind: 'missing'; path: string; name: string }
  /** There is no such directory; nothing is open. */
  | { kind: 'nowhere'; path: string; errno: string }

/** The number of links that the kernel follows in one path (path_resolution(7)). */
const mostLinks = 40

/** NAME_MAX (limits.h), of all file systems that hold a container. */
const mostNameBytes = 255

/** Opened to name files in it, and for nothing else. */
export const asPlace = ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'] as const

/** No link is followed: what was looked at a moment ago is entered, or nothing is. */
export const noLinks: ResolveFlag[] = [
  'RESOLVE_BENEATH',
  'RESOLVE_NO_SYMLINKS',
  'RESOLVE_NO_MAGICLINKS',
]

/**
 * Look up an absolute `path`, at its end only a directory if it ends with a slash or a dot. Links
 * on the way are followed, inside the root; the last one if `isFollowing`.
 */
export async function lookUpInside(
  held: HeldRoot,
  path: string,
  isFollowing: boolean,
): Promise<FoundInside> {
  let next = path
  for (let links = 0; links < mostLinks; links++) {
    const found = await lookUpOnce(held, next)
    if (!isFollowing || found.kind !== 'file' || !found.stat.isSymbolicLink()) return found
    const target = linkIn(held, found.name)
    next = target.startsWith('/') ? target : `${above(next)}/${target}`
  }
  return { kind: 'nowhere', path, errno: 'ELOOP' }
}

async function lookUpOnce(held: HeldRoot, path: string): Promise<FoundInside> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (['', '.', '..'].includes(name)) {
    const errno = await open(held, path)
    if (errno) return { kind: 'nowhere', path, errno }
    return { kind: 'directory', path, stat: statOf(inFound(held, '.')) as BigIntStats }
  }
  const errno = await open(held, above(path) || '/')
  if (errno) return { kind: 'nowhere', path, errno }
  if (toBytes(name).length > mostNameBytes) return { kind: 'nowhere', path, errno: 'ENAMETOOLONG' }
  const stat = statOf(inFound(held, name))
  if (!stat) return { kind: 'missing', path, name }
  if (!stat.isDirectory()) return { kind: 'file', path, name, stat }
  await held.program.make(entered(name))
  return { kind: 'directory', path, stat: statOf(inFound(held, '.')) as BigIntStats }
}

/** Open the directory `path` as `foundFd`. Gives the name of the errno if that fails. */
async function open(held: HeldRoot, path: string): Promise<string | undefined> {
  const close = held.isFound ? [step(['close', foundFd], 'what was looked up before')] : []
  const [report] = await held.program.make([...close, found(path)])
  held.isFound = report === undefined
  return report && errnoNamed(Number(report.answer.toString('latin1')))
}

/** The step that opens the directory `path` as `foundFd`. */
export function found(path: string): Step {
  const why = 'a name typed here is resolved there'
  return step(['openat2_if_there', rootFd, path, [...asPlace], resolvedInside], why)
}

/** Make the directory `name` in `foundFd` the one that is open as that. */
export function entered(name: string): Step[] {
  const below = foundFd + 1
  return [
    step(['openat2', foundFd, name, [...asPlace], noLinks], 'it may be a link by now'),
    step(['dup2', below, foundFd], 'the directory itself, whatever its name is by now'),
    step(['close', below], 'the next descriptor has this number'),
  ]
}

/** A path for `name` in the directory that was found: of one name, which is not followed. */
export function inFound({ program: { pid } }: HeldRoot, name: string): string {
  return `/proc/${pid}/fd/${foundFd}/${name}`
}

function statOf(path: string): BigIntStats | undefined {
  return lstatSync(toBytes(path), { bigint: true, throwIfNoEntry: false })
}

/** Where the link `name` in the directory that was found leads. */
function linkIn(held: HeldRoot, name: string): string {
  return fromBytes(readlinkSync(toBytes(inFound(held, name)), 'buffer'))
}

/** `/a` of `/a/b`, and the empty text of `/a`. */
function above(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
