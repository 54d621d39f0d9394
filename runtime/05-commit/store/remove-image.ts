/** Removes images: first the name, then the blobs and layers that nothing else uses. */
import { lstatSync } from 'node:fs'
import { basename, join } from 'node:path'
import { namesIn, renameIfThere } from '../../files.ts'
import { removeTree } from '../../remove-tree.ts'
import { inWords, makeStaging } from '../../staging.ts'
import { clearStaging } from '../../trash.ts'
import { hexOf, isDigest } from './digest.ts'
import { digitsOf, entryName, findNamed } from './entry-names.ts'
import { withLock } from './lock.ts'
import { digestsOf } from './nested.ts'
import type { Descriptor, Index } from './oci.ts'
import { writeIndex } from './publish.ts'
import { reachOf, type Reach } from './reach.ts'
import { imageAt, readIndex, resolve } from './store.ts'

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
    return await withLock(root, async () => {
      await clearStaging(root)
      const index = readIndex(root)
      const entries = entriesOf(root, index, text)
      const others = index.manifests.filter((each) => !entries.includes(each))
      const last = entries.find(({ digest }) => !others.some((each) => each.digest === digest))
      refuseUsed(root, { text, last, users: users() })
      const own = reachOf(root, last ? [last] : [])
      const rest = { ...index, manifests: last ? withoutReferrers(root, others, own) : others }
      const id = last && idOf(root, last, index)
      writeIndex(root, staging, rest)
      try {
        refuseUsed(root, { text, last, users: users() })
      } catch (error) {
        writeIndex(root, staging, index)
        throw error
      }
      const untagged = entries.flatMap((entry) => entryName(entry) ?? [])
      const isSound = last && isDigest(last.digest)
      const deleted = isSound ? sweep({ root, staging, last, id, own, rest, users }) : []
      return [...untagged.map((name) => ({ untagged: name })), ...deleted]
    })
  } catch (error) {
    throw inWords(error, root)
  } finally {
    await removeTree(staging)
  }
}

/**
 * The entry named `text`, or all entries of the image with that id. A damaged image has no id; it
 * is found by the digits of its entry (`digitsOf`). Throws if there is none, or several names for
 * the id.
 */
function entriesOf(root: string, index: Index, text: string): Descriptor[] {
  const named = findNamed(index, text)
  if (named) return [named]
  const ofDigest = (digest: string) => index.manifests.filter((each) => each.digest === digest)
  const isDigits = /^[0-9a-f]{12,64}$/.test(text)
  const found = isDigits && index.manifests.find((entry) => digitsOf(entry).startsWith(text))
  if (found) return isDigest(found.digest) ? ofDigest(found.digest) : [found]
  const { entry, names } = resolve(root, text)
  if (names.length > 1)
    throw new Error(`image '${text}' has several names: ${names.join(', ')}; remove it by name`)
  return ofDigest(entry.digest)
}

interface Use {
  text: string
  /** The entry with which the image would go. */
  last: Descriptor | undefined
  users: ImageUser[]
}

function refuseUsed(root: string, { text, last, users }: Use): void {
  const digests = last ? digestsOf(root, last) : []
  const names = users.filter(({ manifest }) => digests.includes(manifest)).map(({ name }) => name)
  if (names.length === 0) return
  const all = names.length === 1 ? `container ${names[0]}` : `${names.length} containers`
  throw new Error(`image '${text}' is used by ${all}; first: stepbox rm ${names.join(' ')}`)
}

/** The image's id; undefined if it cannot be read, or is none. */
function idOf(root: string, entry: Descriptor, index: Index): string | undefined {
  try {
    return imageAt(root, entry, index).id
  } catch {
    return undefined // ignoring: it can still be removed, by the digest of its entry
  }
}

/**
 * `entries` without signatures and the like, if they have no name and are about something in `own`,
 * which goes now. Without a name and without an image, nobody could remove them.
 */
function withoutReferrers(root: string, entries: Descriptor[], own: Reach): Descriptor[] {
  const isAbout = (entry: Descriptor) => {
    if (entryName(entry) !== undefined || !isDigest(entry.digest)) return false
    const { blobs, layers, subjects } = reachOf(root, [entry])
    if (![...subjects].some((each) => own.blobs.has(each))) return false
    blobs.forEach((each) => own.blobs.add(each))
    layers.forEach((each) => own.layers.add(each))
    return true
  }
  const kept = entries.filter((entry) => !isAbout(entry))
  return kept.length < entries.length ? withoutReferrers(root, kept, own) : kept
}

interface Sweep {
  root: string
  staging: string
  last: Descriptor
  /** The image's id, if it could be read. */
  id: string | undefined
  /** What was removed. */
  own: Reach
  /** The index without it. */
  rest: Index
  users: () => ImageUser[]
}

/**
 * Delete the blobs and layers of the removed image that no other entry or container needs, and all
 * unneeded ones older than an hour. Younger ones stay: another tool may have written them just now
 * and not yet have added them to the index. If another entry cannot be read, then what it needs is
 * not known, and only the manifest is deleted, and that only if it was one.
 */
function sweep({ root, staging, last, id, own, rest, users }: Sweep): Removal[] {
  const discard = (dir: string, name: string) => discardFrom(join(root, dir), name, staging)
  const needed = reachOf(root, rest.manifests)
  const deleted: Removal[] = [{ deleted: id ?? last.digest }]
  if (!needed.isWhole) {
    if (id) discard('blobs/sha256', hexOf(last.digest))
    return deleted
  }
  for (const { diffIds } of users())
    diffIds.filter(isDigest).forEach((diffId) => needed.layers.add(hexOf(diffId)))
  for (const name of unneeded(join(root, 'blobs/sha256'), needed.blobs, own.blobs))
    discard('blobs/sha256', name)
  for (const name of unneeded(join(root, 'layers'), needed.layers, own.layers))
    discard('layers', name)
  const gone = [...own.layers].filter((hex) => !needed.layers.has(hex))
  return [...deleted, ...gone.map((hex) => ({ deleted: `sha256:${hex}` }))]
}

const hourMs = 3_600_000

/** Names in `dir` that can be deleted: blobs, layers, and files `<hex>.…` about layers. */
function unneeded(dir: string, needed: Set<string>, known: Set<string>): string[] {
  return namesIn(dir).filter((name) => {
    const hex = name.replace(/\..*$/, '')
    if (needed.has(hex)) return false
    const changed = lstatSync(join(dir, name), { throwIfNoEntry: false })?.ctimeMs ?? 0
    return known.has(hex) || Date.now() - changed > hourMs
  })
}

/** Move a file out of the store with one rename; it is deleted after the lock is released. */
function discardFrom(dir: string, name: string, staging: string): void {
  renameIfThere(join(dir, name), join(staging, `${basename(dir)}-${name}`))
}
