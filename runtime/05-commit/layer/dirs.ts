/** The unpacked layers of an image, as `overlay` needs them. */
import { lstatSync } from 'node:fs'
import { makePlace } from '../../data-root.ts'
import { writeAside } from '../../durable.ts'
import { hexOf } from '../store/digest.ts'
import type { Image } from '../store/image.ts'
import { layerDir, readIndex } from '../store/store.ts'
import type { LayerOf } from './unpack-blob.ts'

/** An overlay has at most 500 lower directories (OVL_MAX_STACK); one is the init layer. */
const mostLayers = 499

/**
 * The directories of an image's layers, topmost first. Missing ones are unpacked after their blobs
 * are verified. If an image has a layer twice, only the upper one is given: it hides everything in
 * the lower one, and mount(2) gives ELOOP for overlapping lower directories of an overlay.
 *
 * Call it after the container's use of the image is on record. If the image is removed at the same
 * time, then either the removal sees the container and stops, or this throws because the image is
 * gone. `warn` is called with what the file system cannot hold.
 */
export async function layerDirs(
  root: string,
  image: Image,
  warn?: (text: string) => void,
): Promise<string[]> {
  const { manifests } = readIndex(root)
  if (!manifests.some(({ digest }) => digest === image.entry.digest))
    throw new Error(`image '${image.name}' was removed a moment ago`)
  if (image.layers.length > mostLayers)
    throw new Error(`'${image.name}' has ${image.layers.length} layers; at most ${mostLayers}`)
  for (const layer of image.layers) await ensureUnpacked(root, { image, layer, warn })
  const topmostFirst = image.layers.map(({ diffId }) => layerDir(root, diffId)).reverse()
  return [...new Set(topmostFirst)]
}

/**
 * Unpack a layer if its directory is missing. If it is there, its diffId says what is in it, and
 * only the image claims that this blob has that diffId; so each blob is verified once. That it was
 * is on record in an empty file `layers/<hex of the diff id>.<hex of the blob>`.
 */
async function ensureUnpacked(root: string, layerOf: LayerOf): Promise<void> {
  const { layer } = layerOf
  const dir = layerDir(root, layer.diffId)
  const mark = `${dir}.${hexOf(layer.digest)}`
  const isUnpacked = lstatSync(dir, { throwIfNoEntry: false })?.isDirectory()
  if (isUnpacked && lstatSync(mark, { throwIfNoEntry: false })?.isFile()) return
  const { unpackBlob, verifyLayer } = await import('./unpack-blob.ts')
  await (isUnpacked ? verifyLayer : unpackBlob)(root, layerOf)
  writeAside(makePlace(root, 'tmp'), mark, '') // another process may do the same
}
