/** `-v`: a directory of the host, a volume by its name, or a new one without a name. */
import { posix } from 'node:path'
import { checkWish, isPropagation } from './check-mount.ts'
import type { AskedBind, AskedVolume } from './mounts.ts'
import { checkVolumeName } from './volumes.ts'

/** Of each of these kinds of words, a mode has one at most. */
const kinds = [
  /^(ro|rw)$/,
  /^[zZ]$/, // labels of SELinux, which are left alone
  /^r?(private|slave|shared)$/,
  /^nocopy$/,
  /^(consistent|cached|delegated)$/, // for Docker on a Mac
]

/** `[SOURCE:]TARGET[:MODE]`. Throws as Docker words it. */
export function parseVolume(text: string): AskedBind | AskedVolume {
  const parts = text.split(':')
  const [source = '', target = '', mode = ''] = parts.length === 1 ? ['', ...parts] : parts
  const isMode = parts.length === 2 && isValidMode(target)
  if (parts.length > 3 || text === '' || isMode)
    throw new Error(`invalid volume specification: '${text}'`)
  if (!isValidMode(mode)) throw new Error(`invalid mode: ${mode}`)
  const words = mode.split(',')
  const propagation = words.find(isPropagation)
  const noCopy = words.includes('nocopy')
  const wish = {
    type: source.startsWith('/') ? 'bind' : 'volume',
    ...{ source, target, readOnly: words.includes('ro') },
    ...{ hasBindOptions: propagation !== undefined, hasVolumeOptions: noCopy },
  }
  try {
    checkWish(wish)
  } catch (cause) {
    const { message } = cause as Error
    throw new Error(`invalid volume specification: '${text}': ${message}`, { cause })
  }
  const same = {
    ...{ target: clean(target), readOnly: wish.readOnly, from: 'volume' as const, typed: text },
    ...(mode === '' ? {} : { mode }),
  }
  const shared = propagation ? { propagation } : {}
  if (wish.type === 'bind') return { type: 'bind', source: clean(source), ...same, ...shared }
  if (source !== '') checkVolumeName(source)
  const named = source === '' ? { isAnonymous: true } : { source }
  return { type: 'volume', ...named, ...same, ...(noCopy ? { noCopy } : {}) }
}

function isValidMode(mode: string): boolean {
  if (mode === '') return true
  const words = mode.split(',')
  const known = words.every((word) => kinds.some((kind) => kind.test(word)))
  return known && kinds.every((kind) => words.filter((word) => kind.test(word)).length <= 1)
}

/** The shortest form of an absolute path: by its text, whatever is a link. */
export function clean(path: string): string {
  return posix.resolve('/', path)
}
