/** Makes a new image from a container's write layer and the image that the container runs on. */
import { stackIn, type Stack } from '../04-overlay/stack.ts'
import { containerDir } from '../container/state.ts'
import type { Container } from '../options.ts'
import { removeTree } from '../remove-tree.ts'
import { inWords } from '../staging.ts'
import { applyChanges } from './changes.ts'
import { whileFrozen } from './frozen.ts'
import { stageLayer } from './layer/blob.ts'
import { ociLayer } from './layer/decompress.ts'
import { layerTar } from './layer/layer.ts'
import { digest } from './store/digest.ts'
import { mediaTypes, type ContainerConfig, type Descriptor, type ImageConfig } from './store/oci.ts'
import type { HistoryEntry, Manifest } from './store/oci.ts'
import { makeBlobStaging, publish, stageDocument } from './store/publish.ts'
import { imageName } from './store/reference.ts'
import { keepSize } from './store/sizes.ts'
import type { Image } from './store/image.ts'
import { imageAt, imageWithManifest, readIndex } from './store/store.ts'

export interface CommitOptions {
  /** The image that the container runs on. */
  image: Image
  /** The container's directories. Nothing may write to `upper` meanwhile. */
  stack: Stack
  /** `NAME[:TAG]` of the new image. */
  name: string
  author?: string
  message?: string
  /** Lines of a Dockerfile that change the config (changes.ts). */
  changes?: string[]
  /** ISO 8601. The same write layer and the same time give the same image. */
  created: string
  /** The container's command line, for the history. */
  command: string[]
  /** The new image's config before `changes`; without it, that of `image`. */
  config?: ContainerConfig
  /** Called for each file that cannot be in a layer, such as a socket. */
  onSkipped?: (path: string, why: string) => void
  /** Called with the number of bytes of the layer's tar that were written so far. */
  onBytes?: (total: number) => void
}

/**
 * Make an image of a container's write layer: the layers of its image, and one more with what was
 * added, changed and deleted. As in Docker, a write layer without changes adds an entry to the
 * history and no layer.
 *
 * Throws if the name or a change is invalid, before anything is written; and if a file changes
 * while it is read, the disk is full, or a layer of `image` was removed. An error or a crash leaves
 * the store's images as they were: everything is staged first, and `publish` is the last write.
 */
export async function commit(root: string, options: CommitOptions): Promise<Image> {
  const name = imageName(options.name)
  const parent = options.image.config
  const config = applyChanges(options.config ?? parent.config ?? {}, options.changes ?? [])
  const staging = makeBlobStaging(root)
  try {
    let size = 0
    const onFile = (bytes: number) => void (size += bytes)
    const tar = layerTar(options.stack, { onSkipped: options.onSkipped, onFile })
    const { layer, diffId } = await stageLayer(staging, tar, {
      isCompressed: true,
      onBytes: options.onBytes,
    })
    const added = diffId === emptyTar ? undefined : { layer, diffId }
    if (added) keepSize(root, diffId, size)
    const content = withLayer(parent, added?.diffId, { ...options, config })
    const manifest = manifestOf(root, options.image, {
      config: stageDocument(staging, mediaTypes.config, content),
      ...(added ? { layer: added.layer } : {}),
    })
    const published = await publish(root, staging, { name, manifest })
    return imageAt(root, published, readIndex(root))
  } catch (error) {
    throw inWords(error, root)
  } finally {
    await removeTree(staging)
  }
}

/** Options of `commit` that do not follow from the container's state. */
export type ContainerCommit = Omit<CommitOptions, 'image' | 'stack' | 'command' | 'config'>

/**
 * Make an image of the write layer of `container`. A running container is frozen meanwhile, so that
 * all files in the layer are from the same moment.
 */
export async function commitContainer(
  root: string,
  container: Container,
  options: ContainerCommit,
): Promise<Image> {
  const use = container.image
  if (!use) throw new Error(`'${container.name}' has no write layer: chapter 4 brings it`)
  const image = imageWithManifest(root, use.manifest)
  if (!image) throw new Error(`the image of '${container.name}' was removed: ${use.name}`)
  const stack = stackIn(containerDir(root, container.id))
  const config = { ...image.config.config, ...container.config }
  const all = { ...options, image, stack, command: container.argv, config }
  return whileFrozen(root, container, () => commit(root, all))
}

/** The diffId of an archive without entries: only the two blocks of zeros that end it. */
const emptyTar = digest(Buffer.alloc(1024))

/** The new image's config: the parent's, with another layer and another step of history. */
function withLayer(
  parent: ImageConfig,
  diffId: string | undefined,
  { author, message, created, command, config }: CommitOptions & { config: ContainerConfig },
): ImageConfig {
  const step: HistoryEntry = {
    created,
    created_by: command.join(' '),
    ...(author ? { author } : {}),
    ...(message ? { comment: message } : {}),
    ...(diffId ? {} : { empty_layer: true }),
  }
  const { author: _, ...inherited } = parent
  return {
    ...inherited,
    created,
    ...(author ? { author } : {}),
    config,
    rootfs: { type: 'layers', diff_ids: [...parent.rootfs.diff_ids, ...(diffId ? [diffId] : [])] },
    history: [...(parent.history ?? []), step],
  }
}

/** The new image's manifest: the blobs of the parent's layers are shared, not copied. */
function manifestOf(
  root: string,
  { layers }: Image,
  added: { config: Descriptor; layer?: Descriptor },
): Manifest {
  const descriptors = layers.map((layer) => ociLayer(root, layer))
  return {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: added.config,
    layers: added.layer ? [...descriptors, added.layer] : descriptors,
  }
}
