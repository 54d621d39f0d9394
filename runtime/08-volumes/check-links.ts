/** Links of an image on the way to a target. Those into /proc are refused before the start. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { fromBytes, toBytes } from '../bytes.ts'
import { layersLaidOut } from '../04-overlay/init-layer.ts'
import { errnoIn, unlessMissing } from '../files.ts'
import { inProc } from './check-mount.ts'
import type { PlannedMount } from './mounts.ts'

/** The number of links that the kernel follows in one path (path_resolution(7)). */
const mostLinks = 40

/**
 * Throws if a target of `mounts` leads into /proc by a link, of the container whose directory is
 * `dir`. One that leads through a process's files there is refused by the kernel as well, at
 * openat2(2); of the others the kernel would mount over what it says of itself.
 */
export function checkLinks(dir: string, mounts: PlannedMount[]): void {
  const layers = ['upper', ...(layersLaidOut(dir) ?? [])].map((name) => join(dir, name))
  for (const { target } of mounts) {
    const end = endOf(target, (path) => linkAt(path, layers, mounts))
    const isInside = end === '/proc' || end.startsWith('/proc/')
    if (end !== target && isInside && !inProc.includes(end))
      throw new Error(`"${target}" cannot be mounted because it leads to ${end}, inside /proc`)
  }
}

/** Where `path` leads in a root in which `linkOf` gives the text of a link. */
function endOf(path: string, linkOf: (path: string) => string | undefined): string {
  const left = path.split('/').reverse()
  let at: string[] = []
  for (let links = 0; left.length > 0; ) {
    const name = left.pop() ?? ''
    if (name === '' || name === '.') continue
    if (name === '..') {
      at.pop()
      continue
    }
    const link = links < mostLinks ? linkOf(`/${[...at, name].join('/')}`) : undefined
    if (link === undefined) at.push(name)
    else {
      links++
      if (link.startsWith('/')) at = []
      left.push(...link.split('/').reverse())
    }
  }
  return `/${at.join('/')}`
}

/** The text of the link at `path`, on whose way is none; undefined for what is no link. */
function linkAt(path: string, layers: string[], mounts: PlannedMount[]): string | undefined {
  const above = mounts
    .filter(({ target }) => path.startsWith(`${target}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0]
  if (above?.type === 'tmpfs') return undefined
  const base = above && join(above.source, above.within ?? '', path.slice(above.target.length))
  for (const file of base ? [base] : layers.map((layer) => join(layer, path))) {
    const stat = lstatIfPossible(file)
    if (!stat) continue
    return stat.isSymbolicLink() ? fromBytes(readlinkSync(toBytes(file), 'buffer')) : undefined
  }
  return undefined
}

/** Undefined also for a name that no file can have: the line that makes it says so. */
function lstatIfPossible(file: string): Stats | undefined {
  try {
    return unlessMissing(() => lstatSync(toBytes(file)))
  } catch (error) {
    if (errnoIn(error) === 'ENAMETOOLONG') return undefined // ignoring: see above
    throw error
  }
}
