/** Why an overlay cannot be mounted: the kernel writes the reason only to its log (dmesg). */
import type { FailedStep } from '../../chapter-tools.ts'
import type { Mount } from '../../mountinfo.ts'
import { isWithin } from './roots.ts'
import {
  find,
  isReadOnly,
  mountOf,
  placeOf,
  whyNot,
  type CallOf,
} from './scene.ts'

/** mount(2) takes one page of options, with a NUL at the end. */
const mostOptionBytes = 4095

/** File systems without whiteouts or xattrs, or whose files change on another machine. */
const unfit =
  /^(overlay|vfat|msdos|exfat|ntfs3?|nfs4?|cifs|smb3|fuse.*|9p|ceph|proc|sysfs|cgroup2?)$/

/** The directories of an overlay. */
export interface Layers {
  lowers: string[]
  upper?: string
  work?: string
}

/** The directories in an overlay's options; `\` escapes `:` and `,` in their names. */
export function layersIn(data: string): Layers {
  const options = data.split(/(?<!\\),/).map((each) => each.split('='))
  const value = (name: string) => options.find(([key]) => key === name)?.slice(1).join('=')
  const plain = (path: string) => path.replace(/\\(.)/g, '$1')
  const [upper, work] = [value('upperdir'), value('workdir')]
  return {
    lowers: (value('lowerdir') ?? '').split(/(?<!\\):/).filter(Boolean).map(plain),
    ...(upper === undefined ? {} : { upper: plain(upper) }),
    ...(work === undefined ? {} : { work: plain(work) }),
  }
}

/** A mount of an overlay failed. */
export function ofOverlay([, , target, , , data]: CallOf<'mount'>, scene: FailedStep) {
  const bytes = Buffer.byteLength(data ?? '')
  if (scene.errno !== 'ENODEV' && bytes > mostOptionBytes)
    return `its options are ${bytes} bytes; mount(2) takes ${mostOptionBytes}`
  const { lowers, upper, work } = layersIn(data ?? '')
  const all = [target, ...lowers, upper, work].filter((path) => path !== undefined)
  const nowhere = all.map((path) => nameNowhere(scene, path)).find(Boolean)
  const { errno } = scene
  if (['ENOENT', 'ENOTDIR', 'EINVAL'].includes(errno) && nowhere) return nowhere
  if (errno === 'ELOOP') return overlap(scene, lowers)
  if (errno !== 'EINVAL' && errno !== 'EROFS') return undefined
  if (lowers.length < (upper === undefined ? 2 : 1)) return 'there are too few lowerdirs to stack'
  const bad = ofWriteLayer(scene, upper, work)
  return bad ?? tooDeep(scene, lowers)
}

/** The directory is missing, or is not a directory. */
function nameNowhere(scene: FailedStep, path: string): string | undefined {
  const found = find(scene, path)
  if (found.is !== 'there') return whyNot(scene, path, found)
  return found.stat.isDirectory() ? undefined : `${path} is not a directory`
}

function ofWriteLayer(scene: FailedStep, upper?: string, work?: string): string | undefined {
  if (upper !== undefined && work === undefined) return 'there is an upperdir, but no workdir'
  if (upper === undefined || work === undefined) return undefined
  const [first, second] = [find(scene, upper), find(scene, work)]
  if (first.is !== 'there' || second.is !== 'there') return undefined
  const above = mountOf(scene, first.real)
  const beside = mountOf(scene, second.real)
  return writeLayerCause(
    { name: upper, mount: above, path: placeOf(first.real).path },
    { name: work, mount: beside, path: placeOf(second.real).path },
  )
}

interface Part {
  name: string
  mount: Mount | undefined
  path: string
}

/** What is wrong with an upper and a work directory, judged by their mounts. */
export function writeLayerCause(upper: Part, work: Part): string | undefined {
  if (!upper.mount || !work.mount) return undefined
  const on = ({ name, mount }: Part) =>
    `${name} is on ${mount?.type} (mounted on ${mount?.target})`
  if (isReadOnly(upper.mount)) return `${on(upper)}, which is read-only`
  if (unfit.test(upper.mount.type)) return `${on(upper)}, which cannot hold a write layer`
  if (upper.mount.id !== work.mount.id)
    return `${on(upper)}, ${on(work)}: they must be on the same mount`
  if (isWithin(upper.path, work.path) || isWithin(work.path, upper.path))
    return `one of ${upper.name} and ${work.name} is inside the other`
  return undefined
}

/** The kernel stacks at most two overlays (FILESYSTEM_MAX_STACK_DEPTH). */
function tooDeep(scene: FailedStep, lowers: string[]): string | undefined {
  for (const lower of lowers) {
    const first = overlayUnder(scene, lower)
    const below = first && layersIn(first.superOptions).lowers
    const second = below?.map((path) => overlayUnder(scene, path)).find(Boolean)
    if (first && second)
      return `${lower} is on an overlay, ${first.target}, on another, ${second.target}: too deep`
  }
  return undefined
}

function overlayUnder(scene: FailedStep, path: string): Mount | undefined {
  const found = find(scene, path)
  const mount = found.is === 'there' ? mountOf(scene, found.real) : undefined
  return mount?.type === 'overlay' ? mount : undefined
}

function overlap(scene: FailedStep, lowers: string[]): string | undefined {
  const places = lowers.flatMap((name) => {
    const found = find(scene, name)
    return found.is === 'there' ? [{ name, path: placeOf(found.real).path }] : []
  })
  for (const one of places)
    for (const other of places)
      if (one !== other && isWithin(one.path, other.path))
        return `${one.name} and ${other.name} are the same, or one is inside the other`
  return undefined
}
