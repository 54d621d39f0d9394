/** Step by step. The file system below the data root: whether it can carry images and layers. */
import { decimalSize } from '../../units.ts'
import { asRoot, causeOf, isDenied, systemCause, type Cause } from './causes.ts'
import type { Machine } from './machine.ts'
import { failureIn, no, unknown, yes, type Rule } from './verdict.ts'

const roomBytes = 64e6

/** Whether the data root can be written, and what it lies on. */
export const dataRootVerdict: Rule = (machine) => {
  const { path, filesystem, freeBytes } = machine.dataRoot
  const tried = machine.tries['data-root']
  if (!tried) return unknown(machine)
  const elsewhere = 'export STEPBOX_ROOT=$HOME/stepbox'
  if (!tried.ok) {
    const why = tried.errno === 'EROFS' ? 'it is mounted read-only' : `uid ${machine.uid} may not`
    return no(`${tried.said}: ${tried.errno}`, { why, remedy: elsewhere })
  }
  const room = freeBytes === undefined ? '' : `, ${decimalSize(freeBytes)} free`
  const found = `${path} on ${filesystem}${room}`
  if (freeBytes === undefined || freeBytes >= roomBytes) return yes(found)
  return { state: 'part', found, why: 'there is little room for layers', remedy: elsewhere }
}

export const imageVerdict: Rule = (machine) => {
  const { images, dataRoot, busybox } = machine
  if (images.includes('busybox:latest')) return yes('busybox:latest')
  const cause = systemCause(machine)
  if (cause) return unknown(machine, cause)
  const found = images.length > 0 ? `only ${images.slice(0, 3).join(', ')}` : 'none'
  const remedy = busybox ? 'npm run setup' : 'apt-get install busybox-static && npm run setup'
  return no(found, { why: `no busybox:latest in ${dataRoot.path}`, remedy })
}

/** Mounted, and then a file deleted and a directory replaced: that is where file systems differ. */
export const overlayVerdict: Rule = (machine) => {
  const tried = machine.tries.overlay
  if (!tried) {
    const isUnwritable = machine.tries['data-root']?.ok === false
    return unknown(machine, isUnwritable ? { why: 'the data root cannot be written' } : undefined)
  }
  const { filesystem, mountedOn } = machine.dataRoot
  if (tried.ok) return yes(`stacked on ${filesystem}, mounted on ${mountedOn}`)
  return no(failureIn(machine, 'overlay'), overlayCause(machine))
}

function overlayCause(machine: Machine): Cause {
  const { call = '', errno } = machine.tries.overlay ?? {}
  const { filesystem, path } = machine.dataRoot
  const isMount = call.startsWith('mount("overlay"')
  if (isMount && errno === 'ENODEV') {
    const remedy = asRoot(machine, 'modprobe overlay')
    return { why: 'this kernel has no overlay, or not yet', remedy }
  }
  const isBefore = !isMount && !/merged|upper/.test(call)
  if (isBefore || isDenied(machine.tries.overlay)) return causeOf(machine, machine.tries.overlay)
  const what = isMount ? 'a write layer' : 'the marks of what was deleted'
  const why =
    filesystem === 'overlay'
      ? 'the data root lies on an overlay, which carries no write layer'
      : `the data root lies on ${filesystem || 'a file system'} that cannot hold ${what}`
  const [other] = machine.elsewhere
  if (other) return { why, remedy: `export STEPBOX_ROOT=${other}/stepbox; npm run setup` }
  if (machine.surroundings.includes('docker'))
    return { why, remedy: `docker run --privileged -v stepbox:${path} …` }
  return { why, remedy: asRoot(machine, `mount -t tmpfs tmpfs ${path} && npm run setup`) }
}
