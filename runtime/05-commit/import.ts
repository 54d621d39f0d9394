/** Makes an image of one layer from a tar archive: `import`. */
import { PassThrough } from 'node:stream'
import { once } from 'node:events'
import { removeTree } from '../remove-tree.ts'
import { inWords } from '../staging.ts'
import { applyChanges } from './changes.ts'
import { stageLayer } from './layer/blob.ts'
import { layerTree } from './layer/tree.ts'
import { mediaTypes, type ImageConfig } from './store/oci.ts'
import { makeBlobStaging, publish, stageDocument } from './store/publish.ts'
import { imageName } from './store/reference.ts'
import { keepSize } from './store/sizes.ts'
import type { Image } from './store/image.ts'
import { imageAt, readIndex } from './store/store.ts'
import { readTar } from './tar/read.ts'

export interface ImportOptions {
  /** `NAME[:TAG]`; without it the image has an id only. */
  name?: string
  message: string
  /** Lines of a Dockerfile that change the config (changes.ts). */
  changes: string[]
  /** ISO 8601. */
  created: string
  /** As the OCI calls it: `amd64`. */
  architecture: string
  /** Called with the number of bytes of the archive that were read so far. */
  onBytes?: (total: number) => void
}

/**
 * Make an image of the tar archive in `chunks`, which becomes its only layer, byte for byte: the
 * same archive gives the same layer. An archive without entries gives an image without files.
 *
 * While it is read, the archive is checked by the rules for unpacking a layer (layer/tree.ts).
 * Throws if it is damaged or breaks them, or if the name or a change is invalid; the store is then
 * as it was.
 */
export async function importArchive(
  root: string,
  chunks: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<Image> {
  const name = options.name === undefined ? undefined : imageName(options.name)
  const config = applyChanges({}, options.changes)
  const staging = makeBlobStaging(root)
  try {
    const { layer, diffId, size } = await staged(staging, chunks, options.onBytes)
    const { created, architecture, message } = options
    const content: ImageConfig = {
      created,
      architecture,
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: [diffId] },
      history: [{ created, comment: message }],
    }
    const document = stageDocument(staging, mediaTypes.config, content)
    const manifest = { schemaVersion: 2 as const, mediaType: mediaTypes.manifest, config: document }
    const entry = { manifest: { ...manifest, layers: [layer] }, ...(name ? { name } : {}) }
    const published = await publish(root, staging, entry)
    keepSize(root, diffId, size)
    return imageAt(root, published, readIndex(root))
  } catch (error) {
    throw inWords(error, root)
  } finally {
    await removeTree(staging)
  }
}

/** Write the archive as a blob, and check it on the way. `size` is that of its files. */
async function staged(
  staging: string,
  chunks: AsyncIterable<Uint8Array>,
  onBytes: ImportOptions['onBytes'],
) {
  const blob = new PassThrough({ highWaterMark: 2 ** 20 })
  const stage = stageLayer(staging, blob, { isCompressed: true, onBytes })
  stage.catch(() => {}) // ignoring: it is awaited below, where it throws the same error
  try {
    const size = await checked(copied(chunks, blob))
    blob.end()
    return { ...(await stage), size }
  } catch (error) {
    blob.destroy(error as Error)
    await stage.catch(() => {}) // ignoring: it fails because of this error
    throw error
  }
}

/** `chunks`, each also written to `blob`. */
async function* copied(chunks: AsyncIterable<Uint8Array>, blob: PassThrough) {
  let total = 0
  for await (const chunk of chunks) {
    if (!blob.write(chunk)) await Promise.race([once(blob, 'drain'), once(blob, 'close')])
    total += chunk.length
    yield chunk
  }
  const end = Buffer.alloc(total === 0 ? 1024 : 0)
  if (end.length > 0) {
    blob.write(end) // nothing at all: as docker does, an archive without entries
    yield end
  }
}

/** Throws unless the archive could be unpacked. Gives the bytes of its files. */
async function checked(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const tree = layerTree()
  let [size, entries] = [0, 0]
  try {
    for await (const entry of readTar(chunks)) {
      tree.place(entry)
      size += entry.size
      entries++
    }
  } catch (cause) {
    if (entries > 0) throw cause
    throw new Error(`it is no tar archive: ${(cause as Error).message}`, { cause })
  }
  return size
}
