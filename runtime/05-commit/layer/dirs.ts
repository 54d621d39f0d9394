/** The unpacked layers of an image, as `overlay` needs them. */
import { statSync } from 'node:fs'
import { layerDir, readIndex, type Image, type Layer } from '../store/store.ts'

/**
 * The directories of an image's layers, topmost first. Missing ones are unpacked after their blobs
 * are verified. If an image has a layer twice, only the upper one is given: it hides everything in
 * the lower one, and mount(2) gives ELOOP for overlapping lower directories of an overlay.
 *
 * Call it after the container's use of the image is on record. If the image is removed at the same
 * time, then either the removal sees the container and stops, or this throws because the image is
 * gone.
 */
export async function layerDirs(root: string, image: Image): Promise<string[]> {
  const { manifests } = readIndex(root)
  if (!manifests.some(({ digest }) => digest === image.manifest.digest))
    throw new Error(`image '${image.name}' was removed a moment ago`)
  const isMissing = ({ diffId }: Layer) =>
    !statSync(layerDir(root, diffId), { throwIfNoEntry: false })?.isDirectory()
  for (const layer of image.layers.filter(isMissing)) {
    const { unpackBlob } = await import('./unpack-blob.ts')
    await unpackBlob(root, { image, layer })
  }
  const topmostFirst = image.layers.map(({ diffId }) => layerDir(root, diffId)).reverse()
  return [...new Set(topmostFirst)]
}
