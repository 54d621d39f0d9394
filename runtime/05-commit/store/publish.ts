/** Chapter 5. Making an image known: its blobs first, its name last, one writer at a time. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { blobPath, digest } from './blobs.ts'
import { putInPlace, writeDurably } from '../../durable.ts'
import { withLock } from './lock.ts'
import { mediaTypes, nameAnnotation, type Descriptor, type Index, type Manifest } from './oci.ts'
import { clearStaging, makeStaging } from '../../staging.ts'
import { entryName, readIndex } from './store.ts'

/**
 * What a new image is made in: a directory of `tmp/` with a file for each blob that the store may
 * not have, named by its digest. Removed by whoever made it, or after a crash by the next writer.
 */
export function makeBlobStaging(root: string): string {
  mkdirSync(root, { recursive: true, mode: 0o711 })
  const staging = makeStaging(root)
  mkdirSync(join(staging, 'blobs'))
  return staging
}

/** Put a document among the staged blobs. Gives its descriptor. */
export function stageDocument(staging: string, mediaType: string, content: object): Descriptor {
  const text = JSON.stringify(content)
  const descriptor = { mediaType, digest: digest(text), size: Buffer.byteLength(text) }
  const path = stagedPath(staging, descriptor.digest)
  if (!existsSync(path)) writeDurably(path, text)
  return descriptor
}

export function stagedPath(staging: string, digest: string): string {
  return join(staging, 'blobs', digest)
}

/**
 * Give `name` to the image of `manifest`. Staged blobs come to their place only here, under the
 * lock, so a removal never meets a blob that nothing names yet; the layers that come from other
 * images are looked for here too. A crash before the last line leaves the store as it was. Gives
 * the new entry of the index.
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
    for (const blob of [manifest.config, ...manifest.layers]) demand(root, blob)
    writeIndex(root, staging, withEntry(readIndex(root), entry))
  })
  return entry
}

/** Replace index.json, as a whole. Only to be called under the lock. */
export function writeIndex(root: string, staging: string, index: Index): void {
  const aside = join(staging, 'index.json')
  writeDurably(aside, `${JSON.stringify(index, null, 2)}\n`)
  putInPlace(aside, join(root, 'index.json'))
}

/** The file `oci-layout` comes last: without it, there is no store yet. */
function makeLayout(root: string, staging: string): void {
  mkdirSync(join(root, 'blobs/sha256'), { recursive: true, mode: 0o755 })
  if (existsSync(join(root, 'oci-layout'))) return
  writeIndex(root, staging, { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] })
  const aside = join(staging, 'oci-layout')
  writeDurably(aside, '{"imageLayoutVersion":"1.0.0"}\n')
  putInPlace(aside, join(root, 'oci-layout'))
}

function demand(root: string, { digest, size }: Descriptor): void {
  const found = statSync(blobPath(root, digest), { throwIfNoEntry: false })
  if (found?.size !== size)
    throw new Error(`blob ${digest}, on which the image stands, was removed or is damaged`)
}

/** An image that loses its only name stays, without one: a container may stand on it. */
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

/** An entry as it is once its name is taken away. */
function withoutName(entry: Descriptor): Descriptor {
  const { annotations = {}, ...rest } = entry
  const others = Object.entries(annotations).filter(([key]) => key !== nameAnnotation)
  return others.length > 0 ? { ...rest, annotations: Object.fromEntries(others) } : rest
}
