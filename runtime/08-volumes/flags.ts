/** The flags of `run` that give a container directories, and what they ask for. */
import { posix } from 'node:path'
import type { ImageSettings } from '../chapter.ts'
import type { Flag, Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import { checkOutsideProc } from './check-mount.ts'
import { parseMount } from './mount-flag.ts'
import type { AskedMount } from './mounts.ts'
import { parseTmpfs } from './tmpfs.ts'
import { parseVolume } from './volume-flag.ts'

export const mountFlags: Flag[] = [
  {
    ...{ long: 'volume', short: 'v', value: '[SOURCE:]DIR[:MODE]', many: true },
    text: 'share a directory of the host, or a volume by its name',
  },
  {
    ...{ long: 'mount', value: 'KEY=VALUE,…', many: true },
    text: 'the same in words: type, source, target, readonly …',
  },
  { long: 'tmpfs', value: 'DIR[:OPTIONS]', many: true, text: 'files in memory, as size=64m' },
]

/**
 * What is to be mounted. A volume without a name, of `-v DIR` or of the image, is made only where
 * nothing else is.
 */
export function askedMounts(typed: Typed, { Volumes }: ImageSettings): Partial<ContainerOptions> {
  const given = (long: string) => [...new Set(typed.values.get(long) ?? [])]
  const binds = given('volume').map(parseVolume)
  const tmpfs = new Map(given('tmpfs').map(parseTmpfs).map((each) => [each.target, each]))
  const asked: AskedMount[] = [
    ...binds.filter((each) => !isNameless(each)),
    ...(typed.values.get('mount') ?? []).map(parseMount),
    ...tmpfs.values(),
  ]
  checkTwice(asked)
  const nameless = binds.filter(isNameless)
  for (const { target } of [...asked, ...nameless]) checkOutsideProc(target)
  const declared = Object.keys(Volumes ?? {}).map((path) => posix.resolve('/', path))
  for (const each of [...nameless, ...declared.map(ofImage)])
    if (!asked.some(({ target }) => target === each.target)) asked.push(each)
  const places = [...declared, ...nameless.map(({ target }) => target)]
  const volumes = Object.fromEntries(places.map((path) => [path, {}]))
  return {
    ...(asked.length > 0 ? { mounts: asked } : {}),
    ...(places.length > 0 ? { config: { Volumes: volumes } } : {}),
  }
}

function isNameless(mount: AskedMount): boolean {
  return mount.type === 'volume' && mount.isAnonymous === true
}

function ofImage(target: string): AskedMount {
  return { type: 'volume', target, readOnly: false, from: 'image', isAnonymous: true }
}

/** Throws if two are mounted on one place. */
function checkTwice(mounts: AskedMount[]): void {
  const seen = new Set<string>()
  for (const { target } of mounts) {
    if (seen.has(target)) throw new Error(`Duplicate mount point: ${target}`)
    seen.add(target)
  }
}
