/** Verdicts on the file system of the data root: whether it can hold images and layers. */
import { decimalSize } from '../../units.ts'
import { asRoot, causeOf, isDenied, systemCause, type Cause } from './causes.ts'
import type { Machine } from './machine.ts'
import { failureIn, no, unknown, yes, type Rule } from './verdict.ts'

const roomBytes = 64e6

/** Whether the data root can be written, and which file system it is on. */
export const dataRootVerdict: Rule = (machine) => {
  const { path, filesystem, freeBytes, mounted: [part] = [] } = machine.dataRoot
  const tried = machine.tries['data-root']
  if (!tried) return unknown(machine)
  const elsewhere = 'export STEPBOX_ROOT=$HOME/stepbox'
  if (!tried.ok) {
    const denied = `uid ${machine.uid} has no permission`
    const why = tried.errno === 'EROFS' ? 'it is mounted read-only' : denied
    return no(`${tried.said}: ${tried.errno}`, { why, remedy: elsewhere })
  }
  const room = freeBytes === undefined ? '' : `, ${decimalSize(freeBytes)} free`
  const found = `${path} on ${filesystem}${room}`
  if (part !== undefined) {
    const why = `${part} is another file system, and nothing can be renamed into it`
    return { state: 'part', found, why, remedy: asRoot(machine, `umount ${path}/${part}`) }
  }
  if (freeBytes === undefined || freeBytes >= roomBytes) return yes(found)
  return { state: 'part', found, why: 'there is little room for layers', remedy: elsewhere }
}

/** Whether the data root has the image that the chapters use. */
export const imageVerdict: Rule = (machine) => {
  const { images, dataRoot, busybox } = machine
  if (images.includes('busybox:latest')) return yes('busybox:latest')
  const cause = systemCause(machine)
  if (cause) return unknown(machine, cause)
  const found = images.length > 0 ? `only ${images.slice(0, 3).join(', ')}` : 'none'
  const remedy = busybox ? 'npm run setup' : 'apt-get install busybox-static && npm run setup'
  return no(found, { why: `no busybox:latest in ${dataRoot.path}`, remedy })
}

/** Whether an overlay mounts and can delete a file and replace a directory. */
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
    return { why: 'this kernel has no overlay, or its module is not loaded', remedy }
  }
  const isBefore = !isMount && !/merged|upper/.test(call)
  if (isBefore || isDenied(machine.tries.overlay)) return causeOf(machine, machine.tries.overlay)
  const what = isMount ? 'a write layer' : 'the markers of deleted files'
  const why =
    filesystem === 'overlay'
      ? 'the data root is on an overlay, which cannot hold a write layer'
      : `the data root is on ${filesystem || 'a file system'} that cannot hold ${what}`
  const [other] = machine.elsewhere
  if (other) return { why, remedy: `export STEPBOX_ROOT=${other}/stepbox; npm run setup` }
  if (machine.surroundings.includes('docker'))
    return { why, remedy: `docker run --privileged -v stepbox:${path} …` }
  return { why, remedy: asRoot(machine, `mount -t tmpfs tmpfs ${path} && npm run setup`) }
}
