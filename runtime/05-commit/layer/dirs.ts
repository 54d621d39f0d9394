/** Chapter 5. The layers of an image as directories: what a container is stacked on. */
import { statSync } from 'node:fs'
import { layerDir, readIndex, type Image, type Layer } from '../store/store.ts'

/**
 * The directories of an image's layers, topmost first, for `overlay`. Missing ones are unpacked,
 * with everything verified. A layer that lies twice in an image is given once: all that the lower
 * one holds, the upper one holds too, and overlayfs refuses a directory twice.
 *
 * Call it *after* the container's use of the image is written down, and a removal of the image
 * that goes on at the same time either sees the container, or this throws because the image is
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
