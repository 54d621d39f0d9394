/** Leftovers around images: frozen containers, changed copies of images, and the images. */
import { lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { thaw } from '../02-cgroups/group-control.ts'
import type { Leftover, ResetScope } from '../chapter-tools.ts'
import { runningContainers } from '../container/find.ts'
import { namesIn, tryRead } from '../files.ts'
import { shortId } from '../options.ts'
import { identify } from '../process.ts'
import { abandonedMarks, isHeld, release } from './frozen.ts'
import { removeImage } from './store/remove-image.ts'
import { entryName, layerDir, readIndex, resolve } from './store/store.ts'
import { imageUsers } from './users.ts'

/** Containers that are frozen though no process reads them, and marks of killed processes. */
export function frozenLeftovers({ root, ending }: ResetScope): Leftover[] {
  const frozen = runningContainers(root).filter(
    ({ id, groups = [] }) => !ending.has(id) && isFrozen(groups) && !isHeld(root, id),
  )
  const marks = abandonedMarks(root)
  const containers = frozen.map(({ id, name, groups = [] }): Leftover => {
    const remove = () => {
      thaw(groups)
      marks.filter((mark) => mark.id === id).forEach(release)
    }
    const why = 'it is frozen, and no process is reading it'
    return { kind: 'frozen', what: `${shortId(id)} (${name})`, why, remove }
  })
  const others = marks.filter((mark) => !frozen.some(({ id }) => id === mark.id))
  const files = others.map((mark): Leftover => {
    const why = 'the process that wrote it was killed'
    return { kind: 'file', what: mark.path, why, remove: () => release(mark) }
  })
  return [...containers, ...files]
}

function isFrozen(groups: string[]): boolean {
  return groups.some((dir) => {
    const [v1, v2] = ['freezer.state', 'cgroup.freeze'].map((file) => tryRead(`${dir}/${file}`))
    return (v1 !== undefined && v1 !== 'THAWED\n') || v2 === '1\n'
  })
}

/**
 * Copies of images that containers write straight into, if they are partial, if a container has
 * changed them, or if their image is gone.
 */
export function copyLeftovers(scope: ResetScope): Leftover[] {
  const { root, ending } = scope
  const copies = join(root, 'rootfs')
  const used = new Set(
    runningContainers(root).flatMap(({ id, rootfs }) => (ending.has(id) ? [] : (rootfs ?? []))),
  )
  return namesIn(copies).flatMap((name): Leftover[] => {
    const path = join(copies, name)
    const why = whyStale(scope, name, path)
    const isBusy = used.has(path)
    if (why === undefined || isBusy) return []
    const remove = () => rmSync(path, { recursive: true, force: true })
    return [{ kind: 'directory', what: path, why, remove }]
  })
}

/** A copy has the first digits of the image's id as its name; `….<pid>` while it is made. */
function whyStale({ root, images }: ResetScope, name: string, path: string): string | undefined {
  const [id = '', pid] = name.split('.')
  if (pid !== undefined) return identify(Number(pid)) ? undefined : 'the copy was never finished'
  const layer = onlyLayer(root, id)
  if (layer === undefined) return 'its image is gone'
  if (images) return 'its image is removed too'
  return isSame(layer, path) ? undefined : 'a container has changed it'
}

function onlyLayer(root: string, id: string): string | undefined {
  try {
    const [layer] = resolve(root, id).layers
    return layer && layerDir(root, layer.diffId)
  } catch {
    return undefined // ignoring: there is no such image
  }
}

/** Same names, kinds and modes; for files also the same size and time of change. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [look(one), look(other)]
  if (!a || !b || a.mode !== b.mode) return false
  if (a.isSymbolicLink()) return readlinkSync(one) === readlinkSync(other)
  if (a.isFile()) return a.size === b.size && Math.trunc(a.mtimeMs) === Math.trunc(b.mtimeMs)
  if (!a.isDirectory()) return a.rdev === b.rdev
  const [names, others] = [readdirSync(one), readdirSync(other)]
  if (names.length !== others.length) return false
  return names.every((name) => isSame(join(one, name), join(other, name)))
}

function look(path: string) {
  return lstatSync(path, { throwIfNoEntry: false })
}

/** With `images`: all images, except those that a container uses. */
export function imageLeftovers({ root, images }: ResetScope): Leftover[] {
  if (!images) return []
  const users = () => imageUsers(root)
  return readIndex(root).manifests.map((entry): Leftover => {
    const name = entryName(entry) ?? entry.digest.slice('sha256:'.length)
    const [user] = users().filter(({ manifest }) => manifest === entry.digest)
    if (user) return { kind: 'image', what: name, why: `container '${user.name}' uses it` }
    const remove = async () => void (await removeImage(root, name, users))
    return { kind: 'image', what: name, why: 'you said --images', remove }
  })
}
