/** Leftovers around images: frozen containers, changed copies of images, and the images. */
import { lstatSync, readlinkSync, type PathLike } from 'node:fs'
import { join } from 'node:path'
import type { Leftover, ResetScope } from '../chapter-tools.ts'
import { runningContainers } from '../container/find.ts'
import { makePlace } from '../data-root.ts'
import { descend } from '../descent.ts'
import { namesIn, tryRead } from '../files.ts'
import { entriesIn, inOpened } from '../opened.ts'
import { shortId } from '../options.ts'
import { identify } from '../process.ts'
import { deleteTrash, moveToTrash } from '../trash.ts'
import { abandonedMarks, isHeld, release } from './frozen.ts'
import { removeImage, type ImageUser } from './store/remove-image.ts'
import { digitsOf, entryName } from './store/entry-names.ts'
import { digestsOf } from './store/nested.ts'
import type { Descriptor } from './store/oci.ts'
import type { Image } from './store/image.ts'
import { layerDir, readIndex, resolve } from './store/store.ts'
import { imageUsers } from './users.ts'

/** Containers that are frozen though no process reads them, and marks of killed processes. */
export function frozenLeftovers({ root, ending }: ResetScope): Leftover[] {
  const frozen = runningContainers(root).filter(
    ({ id, groups = [] }) => !ending.has(id) && isFrozen(groups) && !isHeld(root, id),
  )
  const marks = abandonedMarks(root)
  const containers = frozen.map(({ id, name, groups = [] }): Leftover => {
    const remove = async () => {
      await release(root, { id, groups })
      for (const mark of marks.filter((each) => each.id === id)) await release(root, mark)
    }
    const why = 'it is frozen, and no process is reading it'
    return { kind: 'frozen', what: `${shortId(id)} (${name})`, why, remove }
  })
  const others = marks.filter((mark) => !frozen.some(({ id }) => id === mark.id))
  const files = others.map((mark): Leftover => {
    const why = 'the process that wrote it was killed'
    return { kind: 'file', what: mark.path, why, remove: () => release(root, mark) }
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
  const { runtime, root, ending } = scope
  const copies = join(root, 'rootfs')
  const used = new Set(
    runningContainers(root).flatMap(({ id, rootfs }) => (ending.has(id) ? [] : (rootfs ?? []))),
  )
  return namesIn(copies).flatMap((name): Leftover[] => {
    const path = join(copies, name)
    const why = whyUnneeded(scope, name, path)
    const isBusy = used.has(path)
    if (why === undefined || isBusy) return []
    const remove = async () => {
      makePlace(root, 'tmp')
      if (moveToTrash(root, path, name)) await deleteTrash(root, name, runtime.warn)
    }
    return [{ kind: 'directory', what: path, why, remove }]
  })
}

/** A copy has the first digits of the image's id as its name; `….<pid>` while it is made. */
function whyUnneeded(scope: ResetScope, name: string, path: string): string | undefined {
  const { root, images } = scope
  const [id = '', pid] = name.split('.')
  if (pid !== undefined) return identify(Number(pid)) ? undefined : 'the copy was never finished'
  const image = imageOf(root, id)
  const [first] = image?.layers ?? []
  if (!image || !first) return 'its image is gone'
  const isUsed = usersLeft(scope).some(({ manifest }) => manifest === image.manifest.digest)
  if (images && !isUsed) return 'its image is removed too'
  const layer = layerDir(root, first.diffId)
  return isSame(layer, path) ? undefined : 'a container has changed it'
}

function imageOf(root: string, id: string): Image | undefined {
  try {
    return resolve(root, id)
  } catch {
    return undefined // ignoring: there is no such image
  }
}

/** Same names, kinds, modes and owners; for files also the same size and time of change. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [looks(one), looks(other)]
  for (;;) {
    const [here, there] = [a.next(), b.next()]
    if (here.done && there.done) return true
    if (here.value !== there.value) return false
  }
}

/** What there is to compare of a tree: a text for each directory, in an order that names decide. */
function* looks(top: string): Generator<string> {
  for (const stop of descend(top)) {
    if (stop.failure) yield String(stop.failure)
    if (stop.left !== undefined) continue
    const entries = [...entriesIn(stop)].sort((a, b) => (a.name < b.name ? -1 : 1))
    stop.into = entries.filter((each) => each.isDirectory()).map(({ name }) => name)
    yield entries.map(({ name }) => `${name} ${look(inOpened(stop.fd, name))}`).join('\n')
  }
}

function look(path: PathLike): string {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return ''
  const { mode, uid, gid, size, rdev } = stat
  const own = `${mode} ${uid}:${gid}`
  if (stat.isSymbolicLink()) return `${own} ${readlinkSync(path)}`
  if (stat.isFile()) return `${own} ${size} ${Math.trunc(stat.mtimeMs)}`
  return `${own} ${stat.isDirectory() ? '' : rdev}`
}

/** Those that are there when what was found so far is removed: that of `--rm` goes with its end. */
function usersLeft({ root, ending }: ResetScope): ImageUser[] {
  return imageUsers(root, ({ id, rm }) => rm === true && ending.has(id))
}

/** With `images`: all images, except those that a container uses. */
export function imageLeftovers(scope: ResetScope): Leftover[] {
  const { root, images } = scope
  if (!images) return []
  const users = () => imageUsers(root)
  const found = usersLeft(scope)
  return readIndex(root).manifests.map((entry): Leftover => {
    const name = entryName(entry) ?? digitsOf(entry)
    const digests = new Set(found.length > 0 ? digestsOf(root, entry) : [])
    const user = found.find(({ manifest }) => digests.has(manifest))
    if (user) return { kind: 'image', what: name, why: `container '${user.name}' uses it` }
    const isSame = (each: Descriptor) =>
      each.digest === entry.digest && entryName(each) === entryName(entry)
    const remove = async () => {
      // What says something about an image may have gone with it.
      if (readIndex(root).manifests.some(isSame)) await removeImage(root, name, users)
    }
    return { kind: 'image', what: name, why: 'you said --images', remove }
  })
}
