/** What `images`, `history` and `inspect` print about images, as plain data. */
import type { ContainerConfig } from './oci.ts'
import { layerSize } from './sizes.ts'
import { entryName, imageAt, readIndex, type Image } from './store.ts'

/** A row of `images`: one name of one image. An image without a name has `<none>` twice. */
export interface ImageRow {
  repository: string
  tag: string
  /** Digest of the manifest. */
  digest: string
  /** Digest of the config. */
  id: string
  /** ISO 8601; empty if the image does not say. */
  created: string
  /** The content of all layers. */
  sizeBytes: number
  /** The content of those layers that another image has too. */
  sharedBytes: number
}

/** All images, the newest first, then by name. One that cannot be read gives an error instead. */
export function listImages(root: string): { images: ImageRow[]; damaged: Error[] } {
  const index = readIndex(root)
  const damaged: Error[] = []
  const found: Named[] = []
  for (const entry of index.manifests) {
    try {
      found.push({ image: imageAt(root, entry, index), name: entryName(entry) })
    } catch (error) {
      damaged.push(error as Error)
    }
  }
  const users = usersOf(found.map(({ image }) => image))
  const images = found.map((each) => rowOf(root, each, users))
  const order = (row: ImageRow) => `${row.repository}:${row.tag}`
  images.sort((a, b) => compare(b.created, a.created) || compare(order(a), order(b)))
  return { images, damaged }
}

/** What one entry of the index names. */
interface Named {
  image: Image
  name: string | undefined
}

function rowOf(root: string, { image, name }: Named, users: Map<string, Set<string>>): ImageRow {
  let [sizeBytes, sharedBytes] = [0, 0]
  for (const layer of image.layers) {
    const size = layerSize(root, layer)
    sizeBytes += size
    if ((users.get(layer.diffId)?.size ?? 0) > 1) sharedBytes += size
  }
  const colon = name ? name.indexOf(':', name.lastIndexOf('/') + 1) : -1
  return {
    repository: name ? (colon < 0 ? name : name.slice(0, colon)) : '<none>',
    tag: name && colon >= 0 ? name.slice(colon + 1) : '<none>',
    digest: image.manifest.digest,
    id: image.id,
    created: image.config.created ?? '',
    sizeBytes,
    sharedBytes,
  }
}

/** The ids of the images that have a layer, by the layer's diffId. */
function usersOf(images: Image[]): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>()
  for (const { id, layers } of images)
    for (const { diffId } of layers) users.set(diffId, (users.get(diffId) ?? new Set()).add(id))
  return users
}

/** A row of `history`: one step in the making of an image. */
export interface HistoryRow {
  /** The image's id in the first row, then `<missing>`: intermediate images are not kept. */
  id: string
  created: string
  createdBy: string
  sizeBytes: number
  comment: string
}

/**
 * The history of an image, the newest step first. A step that changed only the config has 0 bytes.
 * If the history is shorter than the list of layers, each further layer gets an empty row.
 */
export function historyOf(root: string, image: Image): HistoryRow[] {
  const layers = [...image.layers]
  const steps = [...(image.config.history ?? [])]
  const missing = layers.length - steps.filter(({ empty_layer }) => !empty_layer).length
  for (let at = 0; at < missing; at++) steps.push({})
  const rows = steps.map(({ created = '', created_by = '', comment = '', empty_layer }) => {
    const layer = empty_layer ? undefined : layers.shift()
    const sizeBytes = layer ? layerSize(root, layer) : 0
    return { id: '<missing>', created, createdBy: created_by, sizeBytes, comment }
  })
  return rows.reverse().map((row, at) => (at === 0 ? { ...row, id: image.id } : row))
}

/**
 * What `inspect` prints for an image, with Docker's names. Docker lacks `Manifest`, the digest of
 * the manifest, and `Layers`, the blobs, bottom first; sizes are in bytes.
 */
export interface ImageDetails {
  Id: string
  RepoTags: string[]
  RepoDigests: string[]
  Manifest: string
  Comment: string
  Created: string
  Author: string
  Architecture: string
  Os: string
  Size: number
  Config: Required<ContainerConfig>
  RootFS: { Type: 'layers'; Layers: string[] }
  Layers: { Digest: string; MediaType: string; CompressedSize: number; Size: number }[]
}

/** The details of one image. */
export function detailsOf(root: string, image: Image): ImageDetails {
  const { config, names, manifest } = image
  const layers = image.layers.map((layer) => ({
    Digest: layer.digest,
    MediaType: layer.mediaType,
    CompressedSize: layer.size,
    Size: layerSize(root, layer),
  }))
  const repositories = names.map((name) => name.slice(0, name.lastIndexOf(':')) || name)
  return {
    Id: image.id,
    RepoTags: names,
    RepoDigests: [...new Set(repositories)].map((name) => `${name}@${manifest.digest}`),
    Manifest: manifest.digest,
    Comment: config.history?.at(-1)?.comment ?? '',
    Created: config.created ?? '',
    Author: config.author ?? '',
    Architecture: config.architecture,
    Os: config.os,
    Size: layers.reduce((sum, { Size }) => sum + Size, 0),
    Config: { ...emptyConfig, ...config.config },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Layers: layers,
  }
}

const emptyConfig: Required<ContainerConfig> = {
  User: '',
  ExposedPorts: null,
  Env: null,
  Entrypoint: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Labels: null,
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
