/** Chapter 5. Removing images: the name first, then what nobody else needs. */
import { lstatSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { namesIn, renameIfThere } from '../../files.ts'
import { hexOf } from './blobs.ts'
import { withLock } from './lock.ts'
import type { Descriptor, Index } from './oci.ts'
import { writeIndex } from './publish.ts'
import { clearStaging, inWords, makeStaging } from '../../staging.ts'
import { findNamed, imageAt, entryName, readIndex, resolve, type Image } from './store.ts'

/** A container that stands on an image. */
export interface ImageUser {
  name: string
  /** Digest of the image's manifest. */
  manifest: string
  diffIds: string[]
}

/** What was done: a name that is gone, or the digest of an image or of a layer that is. */
export type Removal = { untagged: string } | { deleted: string }

/**
 * Remove the name `text`, or the image whose id begins with `text`. The last name takes the image
 * with it: its blobs and unpacked layers, except what another image or a container has too.
 * Refused when one of `users()` stands on the image. They are asked for twice, before and after
 * the name is gone: a container that begins in between is either seen, or finds the image gone
 * (`layerDirs`).
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
      const removed = last && readable(root, last, index)
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

/** The entry with the name, or all entries of the image with the id. An image may be damaged. */
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

function readable(root: string, entry: Descriptor, index: Index): Image | undefined {
  try {
    return imageAt(root, entry, index)
  } catch {
    return undefined // ignoring: of a damaged image, no more is known than its manifest's digest
  }
}

interface Sweep {
  root: string
  staging: string
  last: Descriptor
  /** The image that was removed, unless it is damaged. */
  removed: Image | undefined
  /** The index without it. */
  rest: Index
  users: () => ImageUser[]
}

/**
 * Delete the blobs and layers of the removed image that are not needed any more, and what nobody
 * has needed for an hour: what another tool has just written, and will name in a moment, is
 * younger. While one of the other images cannot be read, nobody knows what it needs, and only the
 * manifest goes.
 */
function sweep({ root, staging, last, removed, rest, users }: Sweep): Removal[] {
  const others = rest.manifests.map((entry) => readable(root, entry, rest))
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

/** By their hexadecimal digits; undefined when an image could not be read. */
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

const hour = 3_600_000

/** Names in `dir` that may go: of a blob, a layer, or what is kept of a layer beside it. */
function unneeded(dir: string, needed: Set<string>, known: Set<string>): string[] {
  return namesIn(dir).filter((name) => {
    const hex = name.replace(/\.size$/, '')
    if (needed.has(hex)) return false
    const changed = lstatSync(join(dir, name), { throwIfNoEntry: false })?.ctimeMs ?? 0
    return known.has(hex) || Date.now() - changed > hour
  })
}

/** Out of sight in one step; the staging directory is deleted once the lock is free again. */
function discardFrom(dir: string, name: string, staging: string): void {
  renameIfThere(join(dir, name), join(staging, `${basename(dir)}-${name}`))
}
