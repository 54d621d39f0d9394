/** Adds an image to the store: its blobs first, its name last, one writer at a time. */
import { existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { makePlace } from '../../data-root.ts'
import { putInPlace, writeDurably } from '../../durable.ts'
import { makeStaging } from '../../staging.ts'
import { clearStaging } from '../../trash.ts'
import { blobPath } from './blobs.ts'
import { digest, hexOf, isDigest } from './digest.ts'
import { entryName, nameAnnotations } from './entry-names.ts'
import { withLock } from './lock.ts'
import { mediaTypes, nameAnnotation, type Descriptor, type Index, type Manifest } from './oci.ts'
import { readIndex } from './store.ts'

/**
 * Make a directory in `tmp/` for the blobs of a new image, each a file named after its digest. The
 * caller removes it; after a crash the next writer does.
 */
export function makeBlobStaging(root: string): string {
  const staging = makeStaging(root)
  mkdirSync(join(staging, 'blobs'))
  return staging
}

/** Write a document as JSON into the staging directory. Gives its descriptor. */
export function stageDocument(staging: string, mediaType: string, content: object): Descriptor {
  const text = JSON.stringify(content)
  const descriptor = { mediaType, digest: digest(text), size: Buffer.byteLength(text) }
  const path = stagedPath(staging, descriptor.digest)
  if (!existsSync(path)) writeDurably(path, text)
  return descriptor
}

/** The path of a blob in the staging directory. */
export function stagedPath(staging: string, digest: string): string {
  return join(staging, 'blobs', `sha256:${hexOf(digest)}`)
}

/**
 * Move the staged blobs into the store and give `name`, if there is one, to the image of
 * `manifest`. Gives the new entry of index.json.
 *
 * All of it happens under the lock, so a removal that runs at the same time never finds a blob that
 * no image uses yet. For the same reason this is where layers shared with other images are checked;
 * throws if one was removed. A crash before index.json is replaced leaves the store's images as
 * they were.
 */
export async function publish(
  root: string,
  staging: string,
  { name, manifest }: { name?: string; manifest: Manifest },
): Promise<Descriptor> {
  const document = stageDocument(staging, mediaTypes.manifest, manifest)
  const entry = name ? { ...document, annotations: { [nameAnnotation]: name } } : document
  await withLock(root, async () => {
    makeLayout(root, staging)
    await clearStaging(root)
    for (const digest of readdirSync(join(staging, 'blobs')))
      putInPlace(stagedPath(staging, digest), blobPath(root, digest))
    for (const blob of [manifest.config, ...manifest.layers]) checkPresent(root, blob)
    writeIndex(root, staging, withEntry(readIndex(root), entry))
  })
  return entry
}

/** Replace index.json with one rename(2), so readers need no lock. Call it only under the lock. */
export function writeIndex(root: string, staging: string, index: Index): void {
  const aside = join(staging, 'index.json')
  writeDurably(aside, `${JSON.stringify(index, null, 2)}\n`)
  putInPlace(aside, join(root, 'index.json'))
}

/** Make an empty store. `oci-layout` is written last: a directory without it is not a store. */
function makeLayout(root: string, staging: string): void {
  mkdirSync(join(makePlace(root, 'blobs'), 'sha256'), { recursive: true, mode: 0o700 })
  if (existsSync(join(root, 'oci-layout'))) return
  const empty: Index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] }
  if (!existsSync(join(root, 'index.json'))) writeIndex(root, staging, empty)
  const aside = join(staging, 'oci-layout')
  writeDurably(aside, '{"imageLayoutVersion":"1.0.0"}\n')
  putInPlace(aside, join(root, 'oci-layout'))
}

/** Throws unless a blob of this size is in the store. */
function checkPresent(root: string, { digest, size }: Descriptor): void {
  const found = lstatSync(blobPath(root, digest), { throwIfNoEntry: false })
  if (!found?.isFile() || found.size !== size)
    throw new Error(`blob ${digest}, which the image needs, was removed or is damaged`)
}

/**
 * The index with `added`. An image that had the name before keeps its other names; without any, it
 * stays as an entry without a name, because a container may use it.
 */
function withEntry(index: Index, added: Descriptor): Index {
  const name = entryName(added)
  if (name === undefined) {
    const isThere = index.manifests.some(({ digest }) => digest === added.digest)
    return isThere ? index : { ...index, manifests: [...index.manifests, added] }
  }
  const otherwise = new Set(
    index.manifests.filter((entry) => entryName(entry) !== name).map(({ digest }) => digest),
  )
  const others = index.manifests.flatMap((entry): Descriptor[] => {
    const isSame = entry.digest === added.digest
    if (isSame && entryName(entry) === undefined) return []
    if (entryName(entry) !== name) return [entry]
    const isKept = isDigest(entry.digest) && !isSame && !otherwise.has(entry.digest)
    return isKept ? [withoutName(entry)] : []
  })
  return { ...index, manifests: [...others, added] }
}

/** The entry without its name; annotations of other tools stay. */
function withoutName(entry: Descriptor): Descriptor {
  const { annotations, ...rest } = entry
  const others = Object.entries(annotations ?? {}).filter(([key]) => !nameAnnotations.includes(key))
  return others.length > 0 ? { ...rest, annotations: Object.fromEntries(others) } : rest
}
