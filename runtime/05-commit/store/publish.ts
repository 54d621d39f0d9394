/** Adds an image to the store: its blobs first, its name last, one writer at a time. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { putInPlace, writeDurably } from '../../durable.ts'
import { clearStaging, makeStaging } from '../../staging.ts'
import { blobPath, digest } from './blobs.ts'
import { withLock } from './lock.ts'
import { mediaTypes, nameAnnotation, type Descriptor, type Index, type Manifest } from './oci.ts'
import { entryName, readIndex } from './store.ts'

/**
 * Make a directory in `tmp/` for the blobs of a new image, each a file named after its digest. The
 * caller removes it; after a crash the next writer does.
 */
export function makeBlobStaging(root: string): string {
  mkdirSync(root, { recursive: true, mode: 0o711 })
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
  return join(staging, 'blobs', digest)
}

/**
 * Move the staged blobs into the store and give `name` to the image of `manifest`. Gives the new
 * entry of index.json.
 *
 * All of it happens under the lock, so a removal that runs at the same time never finds a blob that
 * no image uses yet. For the same reason this is where layers shared with other images are checked;
 * throws if one was removed. A crash before index.json is replaced leaves the store's images as
 * they were.
 */
export async function publish(
  root: string,
  staging: string,
  { name, manifest }: { name: string; manifest: Manifest },
): Promise<Descriptor> {
  const annotations = { [nameAnnotation]: name }
  const entry = { ...stageDocument(staging, mediaTypes.manifest, manifest), annotations }
  await withLock(root, () => {
    makeLayout(root, staging)
    clearStaging(root)
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
  mkdirSync(join(root, 'blobs/sha256'), { recursive: true, mode: 0o755 })
  if (existsSync(join(root, 'oci-layout'))) return
  writeIndex(root, staging, { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] })
  const aside = join(staging, 'oci-layout')
  writeDurably(aside, '{"imageLayoutVersion":"1.0.0"}\n')
  putInPlace(aside, join(root, 'oci-layout'))
}

/** Throws unless a blob of this size is in the store. */
function checkPresent(root: string, { digest, size }: Descriptor): void {
  const found = statSync(blobPath(root, digest), { throwIfNoEntry: false })
  if (found?.size !== size)
    throw new Error(`blob ${digest}, which the image needs, was removed or is damaged`)
}

/**
 * The index with `added`. An image that had the name before keeps its other names; without any, it
 * stays as an entry without a name, because a container may use it.
 */
function withEntry(index: Index, added: Descriptor): Index {
  const name = entryName(added)
  const others = index.manifests.flatMap((entry): Descriptor[] => {
    const isSame = entry.digest === added.digest
    if (isSame && entryName(entry) === undefined) return []
    if (entryName(entry) !== name) return [entry]
    const hasOther = index.manifests.some(
      (other) => other.digest === entry.digest && entryName(other) !== name,
    )
    return isSame || hasOther ? [] : [withoutName(entry)]
  })
  return { ...index, manifests: [...others, added] }
}

/** The entry without its name; annotations of other tools stay. */
function withoutName(entry: Descriptor): Descriptor {
  const { annotations = {}, ...rest } = entry
  const others = Object.entries(annotations).filter(([key]) => key !== nameAnnotation)
  return others.length > 0 ? { ...rest, annotations: Object.fromEntries(others) } : rest
}
