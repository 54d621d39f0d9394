/** Root file systems of chapter 3, which containers write right into; and images. */
import { lstatSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runningContainers } from '../../container/find.ts'
import { imageUsers } from '../../05-commit/users.ts'
import { removeImage } from '../../05-commit/store/remove-image.ts'
import { layerDir, entryName, readIndex, resolve } from '../../05-commit/store/store.ts'
import { namesIn } from '../../files.ts'
import { isRunning } from './files.ts'
import type { Leftover } from '../../chapter-tools.ts'
import { place, type ResetScope } from './leftover.ts'

/** Copies that are half made, that a container has changed, or whose image is gone. */
export function rootLeftovers(scope: ResetScope): Leftover[] {
  const { root, ending } = scope
  const used = new Set(
    runningContainers(root).flatMap(({ id, rootfs }) => (ending.has(id) ? [] : (rootfs ?? []))),
  )
  return namesIn(place(root, 'rootfs')).flatMap((name): Leftover[] => {
    const path = join(place(root, 'rootfs'), name)
    const why = whyStale(scope, name, path)
    const isBusy = used.has(path)
    if (why === undefined || isBusy) return []
    const remove = () => rmSync(path, { recursive: true, force: true })
    return [{ kind: 'directory', what: path, why, remove }]
  })
}

/** `<first digits of the image's id>`, while it is made `….<pid>` (cli/image-for.ts). */
function whyStale({ root, images }: ResetScope, name: string, path: string): string | undefined {
  const [id = '', pid] = name.split('.')
  if (pid !== undefined) return isRunning(Number(pid)) ? undefined : 'the copy was never finished'
  const layer = onlyLayer(root, id)
  if (layer === undefined) return 'its image is gone'
  if (images) return 'the image goes as well'
  return isSame(layer, path) ? undefined : 'containers have changed it'
}

function onlyLayer(root: string, id: string): string | undefined {
  try {
    const [layer] = resolve(root, id).layers
    return layer && layerDir(root, layer.diffId)
  } catch {
    return undefined // ignoring: there is no such image
  }
}

/** The same names, kinds, modes and sizes; of files the same time of change. */
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

/** With `images`: all of them, except what a container stands on. */
export function imageLeftovers({ root, images }: ResetScope): Leftover[] {
  if (!images) return []
  const users = () => imageUsers(root)
  return readIndex(root).manifests.map((entry): Leftover => {
    const name = entryName(entry) ?? entry.digest.slice('sha256:'.length)
    const [user] = users().filter(({ manifest }) => manifest === entry.digest)
    if (user) return { kind: 'image', what: name, why: `container '${user.name}' stands on it` }
    const remove = async () => void (await removeImage(root, name, users))
    return { kind: 'image', what: name, why: 'you said --images', remove }
  })
}
