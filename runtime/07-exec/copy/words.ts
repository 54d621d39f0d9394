/** What is typed for `cp`: a path here, `-`, or CONTAINER:PATH; and where a copy ends up. */
import { posix } from 'node:path'

/** A path of this machine, `-` for a stream, or a path in a container. */
export type CopyPlace = { kind: 'here' | 'stream'; path: string } | Inside

export interface Inside {
  kind: 'inside'
  container: string
  path: string
}

/** As Docker: a colon after a name, but not in a path that begins with `/` or `.`. */
export function copyPlaceOf(word: string): CopyPlace {
  const colon = word.indexOf(':')
  if (word === '-') return { kind: 'stream', path: word }
  if (colon < 1 || word.startsWith('/') || word.startsWith('.')) return { kind: 'here', path: word }
  const path = cleaned(`/${word.slice(colon + 1)}`)
  return { kind: 'inside', container: word.slice(0, colon), path }
}

/** Without `..` and double slashes; a slash or a dot at the end stays: it asks for a directory. */
export function cleaned(path: string): string {
  const clean = posix.normalize(path).replace(/(.)\/$/, '$1')
  if (!asksForDirectory(path) || clean === '/') return clean
  return path.endsWith('.') ? `${clean}/.` : `${clean}/`
}

/** Whether a path can only be that of a directory: it ends with `/`, `/.` or `/..`. */
export function asksForDirectory(path: string): boolean {
  return /(^|\/)\.{0,2}$/.test(path)
}

/** The last name of a clean path; `.` if what is in the directory is meant. */
export function lastName(path: string): string {
  return path.endsWith('/.') || path === '/' ? '.' : posix.basename(path)
}

/** What is there already where a copy is to go. */
export type There = 'directory' | 'file' | 'nothing'

/**
 * Docker's rules, which are cp(1)'s made exact. Into a directory that is there, a copy goes under
 * its own name, or as what is in it for `SRC/.`; else under the last name of `to`. Gives that name,
 * or undefined where `to` is the directory. Throws if one cannot be the other.
 */
export function nameAt(to: string, there: There, isDirectory: boolean): string | undefined {
  if (there === 'directory') return undefined
  if (there === 'file' && isDirectory)
    throw new Error(`cannot copy a directory to '${to}', which is a file`)
  if (asksForDirectory(to) && !isDirectory)
    throw new Error(`no directory '${to}', and a file cannot become one`)
  return posix.basename(posix.normalize(to))
}

/** The end of a long path: a name that cannot be copied may have thousands of characters. */
export function shortened(path: string): string {
  return path.length > 60 ? `…${path.slice(-59)}` : path
}
