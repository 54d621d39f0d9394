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

/** What is to be mounted. What an image wants a volume for gets one, unless something is there. */
export function askedMounts(typed: Typed, { Volumes }: ImageSettings): Partial<ContainerOptions> {
  const given = (long: string) => [...new Set(typed.values.get(long) ?? [])]
  const binds = given('volume').map(parseVolume)
  const mounts = [...binds, ...(typed.values.get('mount') ?? []).map(parseMount)]
  const tmpfs = new Map(given('tmpfs').map(parseTmpfs).map((each) => [each.target, each]))
  const asked: AskedMount[] = [...mounts, ...tmpfs.values()]
  checkTwice(asked)
  for (const { target } of asked) checkOutsideProc(target)
  const anonymous = binds.flatMap((each) =>
    each.type === 'volume' && each.isAnonymous ? [each.target] : [],
  )
  const declared = Object.keys(Volumes ?? {}).map((path) => posix.resolve('/', path))
  const ofImage = declared.filter((path) => !asked.some(({ target }) => target === path))
  for (const target of new Set(ofImage))
    asked.push({ type: 'volume', target, readOnly: false, from: 'image', isAnonymous: true })
  const volumes = Object.fromEntries([...declared, ...anonymous].map((path) => [path, {}]))
  return {
    ...(asked.length > 0 ? { mounts: asked } : {}),
    ...(Object.keys(volumes).length > 0 ? { config: { Volumes: volumes } } : {}),
  }
}

/** Throws if two are mounted on one place. */
function checkTwice(mounts: AskedMount[]): void {
  const seen = new Set<string>()
  for (const { target } of mounts) {
    if (seen.has(target)) throw new Error(`Duplicate mount point: ${target}`)
    seen.add(target)
  }
}
