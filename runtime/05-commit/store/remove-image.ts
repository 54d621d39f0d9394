/** Removes images: first the name, then the blobs and layers that nothing else uses. */
import { lstatSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { namesIn, renameIfThere } from '../../files.ts'
import { clearStaging, inWords, makeStaging } from '../../staging.ts'
import { hexOf } from './blobs.ts'
import { withLock } from './lock.ts'
import type { Descriptor, Index } from './oci.ts'
import { writeIndex } from './publish.ts'
import { entryName, findNamed, imageAt, readIndex, resolve, type Image } from './store.ts'

/** A container that uses an image. */
export interface ImageUser {
  name: string
  /** Digest of the image's manifest. */
  manifest: string
  diffIds: string[]
}

/** One thing that was removed: a name, or an image or layer by its digest. */
export type Removal = { untagged: string } | { deleted: string }

/**
 * Remove the name `text`, or the image whose id begins with `text`. With an image's last name its
 * blobs and unpacked layers are removed too, except those that another image or a container uses.
 *
 * Throws if one of `users()` uses the image. They are asked for twice, before and after the name is
 * removed, because containers are created without the lock: one created in between is either found
 * by the second look, which restores the name, or finds the image gone (`layerDirs`).
 */
export async function removeImage(
  root: string,
  text: string,
  users: () => ImageUser[],
): Promise<Removal[]> {
  entriesOf(root, readIndex(root), text) // throws before anything is touched
  const staging = makeStaging(root)
  try {
    return await withLock(root, () => {
      clearStaging(root)
      const index = readIndex(root)
      const entries = entriesOf(root, index, text)
      const manifests = index.manifests.filter((each) => !entries.includes(each))
      const rest = { ...index, manifests }
      const last = entries.find(({ digest }) => !manifests.some((each) => each.digest === digest))
      refuseUsed(text, last, users())
      const removed = last && imageOrUndefined(root, last, index)
      writeIndex(root, staging, rest)
      try {
        refuseUsed(text, last, users())
      } catch (error) {
        writeIndex(root, staging, index)
        throw error
      }
      const untagged = entries.flatMap((entry) => entryName(entry) ?? [])
      const deleted = last ? sweep({ root, staging, last, removed, rest, users }) : []
      return [...untagged.map((name) => ({ untagged: name })), ...deleted]
    })
  } catch (error) {
    throw inWords(error, root)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/**
 * The entry named `text`, or all entries of the image with that id. A damaged image has no id; it
 * is found by the digest of its manifest. Throws if there is none, or several names for the id.
 */
function entriesOf(root: string, index: Index, text: string): Descriptor[] {
  const named = findNamed(index, text)
  if (named) return [named]
  const ofDigest = (digest: string) => index.manifests.filter((each) => each.digest === digest)
  const isManifest = /^[0-9a-f]{12,64}$/.test(text)
  const byManifest = index.manifests.find(({ digest }) => hexOf(String(digest)).startsWith(text))
  if (isManifest && byManifest) return ofDigest(byManifest.digest)
  const { manifest, names } = resolve(root, text)
  if (names.length > 1)
    throw new Error(`image '${text}' has several names: ${names.join(', ')}; remove it by name`)
  return ofDigest(manifest.digest)
}

function refuseUsed(text: string, last: Descriptor | undefined, users: ImageUser[]): void {
  const names = users.filter(({ manifest }) => manifest === last?.digest).map(({ name }) => name)
  if (names.length === 0) return
  const all = names.length === 1 ? `container ${names[0]}` : `${names.length} containers`
  throw new Error(`image '${text}' is used by ${all}; first: stepbox rm ${names.join(' ')}`)
}

/** The image, or undefined if it is damaged. */
function imageOrUndefined(root: string, entry: Descriptor, index: Index): Image | undefined {
  try {
    return imageAt(root, entry, index)
  } catch {
    return undefined // ignoring: a damaged image can still be removed, by its manifest's digest
  }
}

interface Sweep {
  root: string
  staging: string
  last: Descriptor
  /** The image that was removed; undefined if it is damaged. */
  removed: Image | undefined
  /** The index without its entries. */
  rest: Index
  users: () => ImageUser[]
}

/**
 * Delete the blobs and layers of the removed image that no other image or container uses, and all
 * unused ones older than an hour. Younger ones stay: another tool may have written them just now
 * and not yet have added them to the index. If another image cannot be read, then what it uses is
 * not known, and only the manifest is deleted.
 */
function sweep({ root, staging, last, removed, rest, users }: Sweep): Removal[] {
  const others = rest.manifests.map((entry) => imageOrUndefined(root, entry, rest))
  const discard = (dir: string, name: string) => discardFrom(join(root, dir), name, staging)
  discard('blobs/sha256', hexOf(last.digest))
  const deleted: Removal[] = [{ deleted: removed?.id ?? last.digest }]
  const needed = neededBy(others, users())
  if (!needed) return deleted
  const blobs = new Set(removed ? blobsOf(removed) : [])
  const diffIds = removed?.config.rootfs.diff_ids ?? []
  for (const name of unneeded(join(root, 'blobs/sha256'), needed.blobs, blobs))
    discard('blobs/sha256', name)
  const layers = join(root, 'layers')
  for (const name of unneeded(layers, needed.layers, new Set(diffIds.map(hexOf))))
    discard('layers', name)
  const gone = new Set(diffIds.filter((diffId) => !needed.layers.has(hexOf(diffId))))
  return [...deleted, ...[...gone].map((diffId) => ({ deleted: diffId }))]
}

/** The blobs and layers in use, by their hexadecimal digits; undefined if an image is damaged. */
function neededBy(images: (Image | undefined)[], users: ImageUser[]) {
  const blobs = new Set<string>()
  const layers = new Set(users.flatMap(({ diffIds }) => diffIds.map(hexOf)))
  for (const image of images) {
    if (!image) return undefined
    for (const blob of blobsOf(image)) blobs.add(blob)
    for (const { diffId } of image.layers) layers.add(hexOf(diffId))
  }
  return { blobs, layers }
}

function blobsOf({ manifest, id, layers }: Image): string[] {
  return [manifest.digest, id, ...layers.map(({ digest }) => digest)].map(hexOf)
}

const hourMs = 3_600_000

/** Names in `dir` that can be deleted: blobs, layers, and the files `<hex>.size` of layers. */
function unneeded(dir: string, needed: Set<string>, known: Set<string>): string[] {
  return namesIn(dir).filter((name) => {
    const hex = name.replace(/\.size$/, '')
    if (needed.has(hex)) return false
    const changed = lstatSync(join(dir, name), { throwIfNoEntry: false })?.ctimeMs ?? 0
    return known.has(hex) || Date.now() - changed > hourMs
  })
}

/** Move a file out of the store with one rename; it is deleted after the lock is released. */
function discardFrom(dir: string, name: string, staging: string): void {
  renameIfThere(join(dir, name), join(staging, `${basename(dir)}-${name}`))
}
