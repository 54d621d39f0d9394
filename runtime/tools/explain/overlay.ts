/** Step by step. Why an overlay cannot be mounted; the kernel tells only its log (dmesg). */
import type { Mount } from '../../mountinfo.ts'
import { isWithin } from './roots.ts'
import {
  find,
  isReadOnly,
  mountOf,
  placeOf,
  whyNot,
  type CallOf,
  type FailureScene,
} from './scene.ts'

/** mount(2) takes one page of options, the last byte of which ends them. */
const mostOptionBytes = 4095

/** File systems that have no whiteouts or xattrs, or that change behind the kernel's back. */
const unfit =
  /^(overlay|vfat|msdos|exfat|ntfs3?|nfs4?|cifs|smb3|fuse.*|9p|ceph|proc|sysfs|cgroup2?)$/

export interface Layers {
  lowers: string[]
  upper?: string
  work?: string
}

/** The directories in an overlay's options; `\` protects `:` and `,` in their names. */
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

export function ofOverlay([, , target, , , data]: CallOf<'mount'>, scene: FailureScene) {
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

/** Where one of the directories is missing, or is none. */
function nameNowhere(scene: FailureScene, path: string): string | undefined {
  const found = find(scene, path)
  if (found.is !== 'there') return whyNot(scene, path, found)
  return found.stat.isDirectory() ? undefined : `${path} is not a directory`
}

function ofWriteLayer(scene: FailureScene, upper?: string, work?: string): string | undefined {
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

/** What is wrong with an upper and a work directory, by the mounts that they lie on. */
export function writeLayerCause(upper: Part, work: Part): string | undefined {
  if (!upper.mount || !work.mount) return undefined
  const on = ({ name, mount }: Part) =>
    `${name} lies on ${mount?.type} (mounted on ${mount?.target})`
  if (isReadOnly(upper.mount)) return `${on(upper)}, which is read-only`
  if (unfit.test(upper.mount.type)) return `${on(upper)}, which can carry no write layer`
  if (upper.mount.id !== work.mount.id)
    return `${on(upper)}, ${on(work)}: they must share one mount`
  if (isWithin(upper.path, work.path) || isWithin(work.path, upper.path))
    return `${upper.name} and ${work.name} lie one in the other`
  return undefined
}

/** The kernel stacks two overlays and no more. */
function tooDeep(scene: FailureScene, lowers: string[]): string | undefined {
  for (const lower of lowers) {
    const first = overlayUnder(scene, lower)
    const below = first && layersIn(first.superOptions).lowers
    const second = below?.map((path) => overlayUnder(scene, path)).find(Boolean)
    if (first && second)
      return `${lower} is on an overlay, ${first.target}, on another, ${second.target}: too deep`
  }
  return undefined
}

function overlayUnder(scene: FailureScene, path: string): Mount | undefined {
  const found = find(scene, path)
  const mount = found.is === 'there' ? mountOf(scene, found.real) : undefined
  return mount?.type === 'overlay' ? mount : undefined
}

function overlap(scene: FailureScene, lowers: string[]): string | undefined {
  const places = lowers.flatMap((name) => {
    const found = find(scene, name)
    return found.is === 'there' ? [{ name, path: placeOf(found.real).path }] : []
  })
  for (const one of places)
    for (const other of places)
      if (one !== other && isWithin(one.path, other.path))
        return `${one.name} and ${other.name} lie one in the other, or are the same`
  return undefined
}
