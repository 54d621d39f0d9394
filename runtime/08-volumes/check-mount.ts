/** What is against a mount, in Docker's words. */
import { posix } from 'node:path'
import { propagations, type Propagation } from './mounts.ts'

/** What a flag says of a mount, before it is known to make sense. */
export interface MountWish {
  type: string
  source: string
  target: string
  readOnly: boolean
  propagation?: string
  /** Something was said that is about binds, or about volumes. */
  hasBindOptions: boolean
  hasVolumeOptions: boolean
}

/** Throws if nothing can be mounted on `target`. */
export function checkTarget(target: string): void {
  if (target.startsWith('/') && posix.normalize(target) === '/')
    throw new Error("invalid specification: destination can't be '/'")
  checkAbsolute(target)
}

/** Files of procfs that may be hidden by others: what a container is told about the machine. */
export const inProc = [
  ...['cpuinfo', 'diskstats', 'meminfo', 'stat', 'swaps', 'uptime', 'loadavg', 'slabinfo'],
  ...['net/dev', 'sys/kernel/ns_last_pid'],
].map((name) => `/proc/${name}`)

/**
 * Throws if `target`, in its shortest form, is /proc or in it: programs trust what the kernel says
 * there, and the kernel what they write (CVE-2019-16884).
 */
export function checkOutsideProc(target: string): void {
  const why = target === '/proc' ? 'it is not of type proc' : 'it is inside /proc'
  if (target !== '/proc' && !target.startsWith('/proc/')) return
  if (!inProc.includes(target)) throw new Error(`"${target}" cannot be mounted because ${why}`)
}

function checkAbsolute(path: string): void {
  if (!path.startsWith('/'))
    throw new Error(`invalid mount path: '${path}' mount path must be absolute`)
}

/** Throws one line that names the type, unless there can be such a mount. */
export function checkWish(wish: MountWish): void {
  try {
    if (wish.target === '') throw new Error('field Target must not be empty')
    checkTarget(wish.target)
    checkByType(wish)
  } catch (cause) {
    const { message } = cause as Error
    throw new Error(`invalid mount config for type "${wish.type}": ${message}`, { cause })
  }
}

function checkByType(wish: MountWish): void {
  const { type, source, propagation, readOnly, hasBindOptions, hasVolumeOptions } = wish
  if (type === 'bind') {
    if (source === '') throw new Error('field Source must not be empty')
    if (propagation !== undefined && !isPropagation(propagation))
      throw new Error(`invalid propagation mode: ${propagation}`)
    if (hasVolumeOptions) throw new Error('field VolumeOptions must not be specified')
    checkAbsolute(source)
  } else if (type === 'volume') {
    if (hasBindOptions) throw new Error('field BindOptions must not be specified')
    if (source === '' && readOnly)
      throw new Error('must not set ReadOnly mode when using anonymous volumes')
  } else if (type !== 'tmpfs') throw new Error('mount type unknown')
  else if (source !== '') throw new Error('field Source must not be specified')
}

export function isPropagation(text: string): text is Propagation {
  return propagations.some((each) => each === text)
}
