/** Chapter 5. A write layer becomes the next layer of an image, beside the image it stands on. */
import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { digest } from './store/blobs.ts'
import { applyChanges } from './changes.ts'
import { initFiles } from '../04-overlay/init-layer.ts'
import { layerTar } from './layer/layer.ts'
import { stageLayer } from './layer/blob.ts'
import { mediaTypes, type ContainerConfig, type Descriptor, type ImageConfig } from './store/oci.ts'
import type { HistoryEntry, Manifest } from './store/oci.ts'
import { makeBlobStaging, publish, stageDocument } from './store/publish.ts'
import { imageName } from './store/reference.ts'
import { contentSize, keepSize } from './store/sizes.ts'
import { inWords } from '../staging.ts'
import { imageAt, imageWithManifest, readIndex, type Image } from './store/store.ts'
import { stackIn, type Stack } from '../04-overlay/upper.ts'
import { containerDir } from '../container/state.ts'
import type { Container } from '../options.ts'
import { whileFrozen } from './frozen.ts'

declare module '../options.ts' {
  interface ContainerOptions {
    /** How it was started, in the words of an image's configuration: what `commit` hands on. */
    config?: ContainerConfig
  }
}

export interface CommitOptions {
  /** What the container stands on. */
  image: Image
  /** Its directories. Nothing may write to `upper` meanwhile: freeze a container that runs. */
  stack: Stack
  /** `NAME[:TAG]` of the new image. */
  name: string
  author?: string
  message?: string
  /** Lines of a Dockerfile (changes.ts). */
  changes?: string[]
  /** ISO 8601. The same write layer, committed twice with the same time, gives the same image. */
  created: string
  /** What the container ran: the history tells it. */
  command: string[]
  /** How containers of the new image start, before `changes`; if absent, as of the old one. */
  config?: ContainerConfig
  /** Told of each name that cannot be in a layer: a socket. */
  onSkipped?: (path: string, why: string) => void
}

/**
 * Make an image of a container's write layer: the layers of its image, and one more that holds
 * what is new, changed and deleted. As with Docker, a write layer in which nothing changed adds an
 * entry to the history and no layer. Bad names and changes are refused before anything is written;
 * a full disk or a crash leaves the store as it was.
 */
export async function commit(root: string, options: CommitOptions): Promise<Image> {
  const name = imageName(options.name)
  const parent = options.image.config
  const config = applyChanges(options.config ?? parent.config ?? {}, options.changes ?? [])
  const staging = makeBlobStaging(root)
  try {
    const tar = layerTar(options.stack, options.onSkipped)
    const { layer, diffId } = await stageLayer(staging, tar, { isCompressed: true })
    const added = diffId === emptyTar ? undefined : { layer, diffId }
    if (added) keepSize(root, diffId, sizeOf(options.stack))
    const content = withLayer(parent, added?.diffId, { ...options, config })
    const manifest = manifestOf(options.image, {
      config: stageDocument(staging, mediaTypes.config, content),
      ...(added ? { layer: added.layer } : {}),
    })
    const published = await publish(root, staging, { name, manifest })
    return imageAt(root, published, readIndex(root))
  } catch (error) {
    throw inWords(error, root)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

/** What `commit` says of a container; the rest follows from its state. */
export type ContainerCommit = Omit<CommitOptions, 'image' | 'stack' | 'command' | 'config'>

/** Make an image of what `container` wrote; while it is read, nothing in it runs. */
export async function commitContainer(
  root: string,
  container: Container,
  options: ContainerCommit,
): Promise<Image> {
  const use = container.image
  if (!use) throw new Error(`'${container.name}' has no write layer: chapter 4 brings it`)
  const image = imageWithManifest(root, use.manifest)
  if (!image) throw new Error(`the image that '${container.name}' stands on is gone: ${use.name}`)
  const stack = stackIn(containerDir(root, container.id))
  const config = { ...image.config.config, ...container.config }
  const all = { ...options, image, stack, command: container.argv, config }
  return whileFrozen(root, container, () => commit(root, all))
}

/** An archive without an entry: the two blocks of zeros that end it. */
const emptyTar = digest(Buffer.alloc(1024))

/** The parent's configuration with one step more. */
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

function manifestOf(
  { layers }: Image,
  added: { config: Descriptor; layer?: Descriptor },
): Manifest {
  const descriptors = layers.map(({ diffId: _, ...descriptor }): Descriptor => descriptor)
  return {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: added.config,
    layers: added.layer ? [...descriptors, added.layer] : descriptors,
  }
}

/** What the container-init layer told the container is no part of the new layer. */
function sizeOf({ upper }: Stack): number {
  const told = initFiles.map((path) => lstatSync(join(upper, path), { throwIfNoEntry: false }))
  return told.reduce((size, stat) => size - (stat?.isFile() ? stat.size : 0), contentSize(upper))
}
