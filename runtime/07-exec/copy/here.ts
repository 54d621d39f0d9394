/** The side of a copy that is on this machine, whose files nobody swaps: paths are paths. */
import { lstatSync, readlinkSync, realpathSync, statSync, type Stats } from 'node:fs'
import { posix } from 'node:path'
import { fromBytes, toBytes } from '../../bytes.ts'
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { unlessMissing } from '../../files.ts'
import { stepOf, type Step } from '../../step.ts'
import { rootFd } from '../inside-root.ts'
import { asPlace } from './look-up.ts'
import { atStart } from './put.ts'
import type { Source } from './tree-tar.ts'
import { asksForDirectory, cleaned, lastName, nameAt, shortened, type There } from './words.ts'

const step = stepOf(7)

/** A file or directory of this machine. `as` is its name as it was typed. */
export function sourceHere(path: string, isFollowing: boolean): Source & { isDirectory: boolean } {
  const asks = asksForDirectory(path)
  const stat = asks || isFollowing ? statIfThere(path) : lstatIfThere(path)
  if (!stat && asks && statIfThere(path.replace(/\/[./]*$/, '')))
    throw new Error(`'${path}' is not a directory`)
  if (!stat) throw new Error(`there is no '${path}' here`)
  if (stat.isSocket()) throw new Error(socketInWords(path))
  const as = lastName(cleaned(path))
  if (stat.isDirectory()) return { directory: `${path}/.`, as, isDirectory: true }
  const end = isFollowing ? fromBytes(realpathSync(toBytes(path), 'buffer')) : path
  const directory = `${posix.dirname(end)}/.`
  return { directory, name: posix.basename(end), as, isDirectory: false }
}

/** Why there is no copy of a socket. */
export function socketInWords(path: string): string {
  return `'${path}' is a socket, of no use without the process that listens on it`
}

/** Where a copy to the path `to` goes: into a directory, under a new name or its own. */
export function targetHere(to: string, isDirectory: boolean): { into: string; name?: string } {
  const above = posix.dirname(posix.normalize(to))
  if (!statIfThere(above)?.isDirectory()) throw new Error(`no directory '${above}' to copy to`)
  checkReplaceable(to)
  const name = nameAt(to, thereAt(to), isDirectory)
  if (name === undefined) return { into: to }
  const end = posix.normalize(endOfLinks(to)).replace(/(.)\/$/, '$1')
  const into = posix.dirname(end)
  if (!statIfThere(into)?.isDirectory())
    throw new Error(`no directory '${into}', where the link '${to}' leads`)
  return { into, name: posix.basename(end) }
}

/** Throws for a device, and for what has no name, as the pipe that /dev/stdout may lead to. */
function checkReplaceable(path: string): void {
  const stat = statIfThere(path)
  if (stat?.isCharacterDevice() || stat?.isBlockDevice())
    throw new Error(`${path} is a device here, and stays one; '-' writes an archive to the output`)
  if (stat && !lstatIfThere(endOfLinks(path)))
    throw new Error(`${path} leads to a nameless file; '-' writes an archive to the output`)
}

function thereAt(path: string): There {
  const stat = statIfThere(path)
  return stat ? (stat.isDirectory() ? 'directory' : 'file') : 'nothing'
}

/** What a link leads to, and that one; as the kernel follows them, at most 40. */
function endOfLinks(path: string): string {
  let end = path
  for (let links = 0; links < 40 && lstatIfThere(end)?.isSymbolicLink(); links++)
    end = posix.resolve(posix.dirname(end), fromBytes(readlinkSync(toBytes(end), 'buffer')))
  return end
}

function statIfThere(path: string): Stats | undefined {
  return seen(path, () => statSync(toBytes(path), { throwIfNoEntry: false }))
}

function lstatIfThere(path: string): Stats | undefined {
  return seen(path, () => lstatSync(toBytes(path), { throwIfNoEntry: false }))
}

function seen(path: string, look: () => Stats | undefined): Stats | undefined {
  try {
    return unlessMissing(look)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const name = shortened(path)
    if (code === 'ENAMETOOLONG') throw new Error(`no file can be called '${name}': it is too long`)
    if (code === 'ELOOP') throw new Error(`the symbolic links of '${name}' form a loop`, { cause })
    throw cause
  }
}

/** Open the directory `into` of this machine as `foundFd`, and stand in it. */
export function enterHere(into: string): Step[] {
  const open = (path: string, why: string) => step(['open', path, [...asPlace], 0], why)
  return [
    ...closeInherited(),
    open('/', `a container's root would be descriptor ${rootFd}`),
    open(into, 'files are put into this directory, whatever its name is by then'),
    ...atStart(),
  ]
}
