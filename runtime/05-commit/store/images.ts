/** What `images`, `history` and `inspect` print about images, as plain data. */
import { entryName, partsOf } from './entry-names.ts'
import type { Image } from './image.ts'
import type { ContainerConfig, OptionalConfig } from './oci.ts'
import { layerSize, measureLayers } from './sizes.ts'
import { imagesIn, readIndex, type Found } from './store.ts'

/** A row of `images`: one name of one image. An image without a name has `<none>` twice. */
export interface ImageRow {
  repository: string
  tag: string
  /** Digest of the manifest, or of the index with one for each platform. */
  digest: string
  /** Digest of the config. */
  id: string
  /** ISO 8601; empty if the image does not say. */
  created: string
  /**
   * The bytes of the files in all layers, in each layer a file counted once. It is the same before
   * the layers are unpacked and afterwards, and the same on every machine.
   */
  sizeBytes: number
  /** The content of those layers that another image has too. */
  sharedBytes: number
  labels: Record<string, string>
}

/** The images that can be used, and why others cannot. */
export interface ImageList {
  images: ImageRow[]
  damaged: Error[]
}

/** All images, the newest first, then by name. One that cannot be read gives an error instead. */
export function listImages(root: string): ImageList {
  return listOf(root, imagesIn(root, readIndex(root)))
}

/** The same, with the sizes of layers that were never unpacked, too, which can take seconds. */
export async function measuredImages(
  root: string,
  progress: (text: string) => void = () => {},
): Promise<ImageList> {
  const found = imagesIn(root, readIndex(root))
  const layers = found.flatMap(({ image }) => image?.layers ?? [])
  const report = (at: number, count: number) => progress(`measuring layer ${at + 1} of ${count}`)
  await measureLayers(root, layers, report)
  progress('')
  return listOf(root, found)
}

function listOf(root: string, found: Found[]): ImageList {
  const users = usersOf(found.flatMap(({ image }) => image ?? []))
  const images = found.flatMap(({ image, entries }) => {
    if (!image) return []
    const size = sizeOf(root, image, users)
    return entries.map((entry) => rowOf(image, entryName(entry), size))
  })
  const order = (row: ImageRow) => `${row.repository}:${row.tag}`
  images.sort((a, b) => timeOf(b.created) - timeOf(a.created) || compare(order(a), order(b)))
  return { images, damaged: found.flatMap(({ damaged }) => damaged ?? []) }
}

/** Milliseconds since 1970; 0 if `created` is no time, as others may have written. */
export function timeOf(created: string): number {
  return (/^\d{4}-\d\d-\d\d/.test(created) && Date.parse(created)) || 0
}

type Size = Pick<ImageRow, 'sizeBytes' | 'sharedBytes'>

function sizeOf(root: string, image: Image, users: Map<string, Set<string>>): Size {
  let [sizeBytes, sharedBytes] = [0, 0]
  for (const layer of image.layers) {
    const size = layerSize(root, layer)
    sizeBytes += size
    if ((users.get(layer.diffId)?.size ?? 0) > 1) sharedBytes += size
  }
  return { sizeBytes, sharedBytes }
}

function rowOf(image: Image, name: string | undefined, size: Size): ImageRow {
  return {
    ...partsOf(name),
    digest: image.entry.digest,
    id: image.id,
    created: image.config.created ?? '',
    labels: image.config.config?.Labels ?? {},
    ...size,
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
  const rows = steps.map(({ created, created_by, comment, empty_layer }) => {
    const layer = empty_layer ? undefined : layers.shift()
    return {
      id: '<missing>',
      created: created ?? '',
      createdBy: created_by ?? '',
      sizeBytes: layer ? layerSize(root, layer) : 0,
      comment: comment ?? '',
    }
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
  Config: Omit<Required<ContainerConfig>, keyof OptionalConfig>
  RootFS: { Type: 'layers'; Layers: string[] }
  Layers: { Digest: string; MediaType: string; CompressedSize: number; Size: number }[]
}

/** The details of one image. */
export function detailsOf(root: string, image: Image): ImageDetails {
  const { config, names, manifest, entry } = image
  const layers = image.layers.map((layer) => ({
    Digest: layer.digest,
    MediaType: layer.mediaType,
    CompressedSize: layer.size,
    Size: layerSize(root, layer),
  }))
  const repositories = names.map((name) => partsOf(name).repository)
  return {
    Id: image.id,
    RepoTags: names,
    RepoDigests: [...new Set(repositories)].map((name) => `${name}@${entry.digest}`),
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

const emptyConfig: Omit<Required<ContainerConfig>, keyof OptionalConfig> = {
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
