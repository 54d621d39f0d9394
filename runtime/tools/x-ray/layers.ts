/** The layers of a container's root: their sizes, and which containers and images share them. */
import { join } from 'node:path'
import { listContainers } from '../../container/find.ts'
import { containerDir } from '../../container/state.ts'
import type { Container } from '../../options.ts'
import type { Descriptor } from '../../05-commit/store/oci.ts'
import { contentSize, layerSize } from '../../05-commit/store/sizes.ts'
import type { Image } from '../../05-commit/store/image.ts'
import { imageAt, imageWithManifest, readIndex } from '../../05-commit/store/store.ts'

/** A layer of a container's root. */
export interface SeenLayer {
  /** `write`: what the container writes; `init`: the files made for it, as /etc/hostname. */
  kind: 'write' | 'init' | 'image'
  /** The diff id of an image's layer. */
  diffId?: string
  /** The size of its files; absent if they changed while they were counted. */
  sizeBytes?: number
  /** Other containers, and images, with the same layer. */
  containers: string[]
  images: string[]
}

/** Topmost first. Empty for a container without layers. */
export function layersOf(root: string, container: Container): SeenLayer[] {
  if (!container.image) return []
  const dir = containerDir(root, container.id)
  const own = (kind: 'write' | 'init', name: string): SeenLayer => {
    const sizeBytes = ifSteady(() => contentSize(join(dir, name)))
    return { kind, ...(sizeBytes === undefined ? {} : { sizeBytes }), containers: [], images: [] }
  }
  const image = ifSteady(() => imageWithManifest(root, container.image?.manifest ?? ''))
  const others = listContainers(root).filter(({ id }) => id !== container.id)
  const images = allImages(root)
  const ofImage = container.image.diffIds.map((diffId, at): SeenLayer => {
    const layer = image?.layers[at]
    const sizeBytes = layer && ifSteady(() => layerSize(root, layer))
    return {
      kind: 'image',
      diffId,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
      containers: others.filter((each) => has(each, diffId)).map(({ name }) => name),
      images: images.filter((each) => isIn(each, diffId)).map(({ name }) => name),
    }
  })
  return [own('write', 'upper'), own('init', 'init'), ...ofImage.reverse()]
}

function has({ image }: Container, diffId: string): boolean {
  return image?.diffIds.includes(diffId) ?? false
}

/** Each image once, even if it has several names. */
function allImages(root: string): Image[] {
  const index = readIndex(root)
  const read = (entry: Descriptor) => ifSteady(() => imageAt(root, entry, index)) ?? []
  const images = index.manifests.flatMap(read)
  return images.filter(({ id }, at) => images.findIndex((each) => each.id === id) === at)
}

function isIn({ layers }: Image, diffId: string): boolean {
  return layers.some((each) => each.diffId === diffId)
}

/** What `look` returns, or undefined if the files change meanwhile. */
function ifSteady<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined // ignoring: the next look succeeds
  }
}
