/** Chapter 5. The image store, for reading: an OCI image layout, whose blobs are never trusted. */
import { join } from 'node:path'
import { readIfThere } from '../../files.ts'
import { shortId } from '../../options.ts'
import { hexOf, readBlob } from './blobs.ts'
import {
checkDescriptor,
nameAnnotation,
parseConfig,
parseIndex,
parseManifest,
type Descriptor,
type ImageConfig,
type Index,
} from './oci.ts'
import { parseReference } from './reference.ts'

/**
 * An image as the store has it. Under the data root:
 *
 *     oci-layout, index.json, blobs/sha256/<hex>   an OCI image layout (image-layout.md)
 *     layers/<hex of the diff id>/                 layers unpacked: read-only, shared
 *     tmp/                                         what is being written
 *
 * index.json is the only file that changes, and it is replaced as a whole: readers need no lock.
 */
export interface Image {
  /** `busybox:latest`; of an image that lost its name to another, the short form of its id. */
  name: string
  /** Every name of exactly this image; possibly none. */
  names: string[]
  /** Digest of the configuration, which is the image's id. */
  id: string
  /** The manifest, as index.json points at it. */
  manifest: Descriptor
  configSize: number
  config: ImageConfig
  /** Bottom first. */
  layers: Layer[]
}

/** One layer: the blob, and the digest of the same when it is not compressed. */
export interface Layer extends Descriptor {
  diffId: string
}

/** What index.json says. A data root that holds no store yet has an empty one. */
export function readIndex(root: string): Index {
  const layout = readIfThere(join(root, 'oci-layout'))
  if (layout === undefined) return { schemaVersion: 2, manifests: [] }
  const path = join(root, 'index.json')
  try {
    const { imageLayoutVersion } = JSON.parse(layout) as { imageLayoutVersion?: unknown }
    if (imageLayoutVersion !== '1.0.0')
      throw new Error(`is of an image layout of version ${String(imageLayoutVersion)}, not 1.0.0`)
    return parseIndex(readIfThere(path) ?? '')
  } catch (cause) {
    throw new Error(`the image store is damaged: ${path} ${(cause as Error).message}`, { cause })
  }
}

/**
 * Find an image by what was typed: `name[:tag]`, `name@digest`, or the beginning of an image's id,
 * which is tried when there is no such name. Size and digest of manifest and configuration are
 * checked.
 */
export function resolve(root: string, text: string): Image {
  const index = readIndex(root)
  const isId = /^(?:sha256:)?[0-9a-f]{1,64}$/.test(text)
  const byName = findNamed(index, text)
  if (byName) return imageAt(root, byName, index)
  const found = isId ? withId(root, index, text.replace('sha256:', '')) : []
  const [image, ...others] = distinct(found)
  if (!image) throw new Error(`no image named '${text}'; ${whatThereIs(index)}`)
  if (others.length > 0) {
    const all = [image, ...others].map(({ id, name }) => `${shortId(id)} (${name})`)
    throw new Error(`'${text}' is the beginning of several image ids: ${all.join(', ')}`)
  }
  return image
}

/** The image with this manifest: what a container stands on, whatever it is called by now. */
export function imageWithManifest(root: string, digest: string): Image | undefined {
  const index = readIndex(root)
  const found = index.manifests.find((descriptor) => descriptor.digest === digest)
  return found && imageAt(root, found, index)
}

/** The image that an entry of `index` points at. Throws when any of its documents is damaged. */
export function imageAt(root: string, descriptor: Descriptor, index: Index): Image {
  const names = namesOf(index, descriptor.digest)
  const own = entryName(descriptor) ?? names[0]
  const read = <T>(what: string, blob: Descriptor, parse: (text: string) => T): T => {
    try {
      checkDescriptor(blob)
      return parse(readBlob(root, blob))
    } catch (cause) {
      throw new DamagedImage(own ?? shortId(String(descriptor.digest)), { what, blob }, cause)
    }
  }
  const manifest = read('manifest', descriptor, (text) => parseManifest(text, descriptor.mediaType))
  const { digest: id, size: configSize } = manifest.config
  const config = read('configuration', manifest.config, (text) =>
    parseConfig(text, manifest.layers.length),
  )
  const { diff_ids } = config.rootfs
  const layers = manifest.layers.map((layer, at) => ({ ...layer, diffId: diff_ids[at] ?? '' }))
  const name = own ?? shortId(id)
  return { name, names, id, manifest: descriptor, configSize, config, layers }
}

/**
 * An image of which a part is missing or is not what its digest says; the other images are not
 * touched.
 */
export class DamagedImage extends Error {
  constructor(image: string, { what, blob }: { what: string; blob: Descriptor }, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(
      `image '${image}' is damaged\n` +
        `  ${what} ${String(blob.digest)} ${why}\n` +
        `  take it out with 'stepbox rmi ${image}' and make it again`,
      { cause },
    )
  }
}

/** The name that an entry of index.json gives to its image. */
export function entryName({ annotations }: Descriptor): string | undefined {
  const name: unknown = annotations?.[nameAnnotation]
  return typeof name === 'string' ? name : undefined
}

/** Where the layer with this diff id is, or will be, unpacked. */
export function layerDir(root: string, diffId: string): string {
  return join(root, 'layers', hexOf(diffId))
}

/**
 * The entry with a name. Names that other tools wrote are taken literally too: umoci may call an
 * image `latest` and no more.
 */
export function findNamed({ manifests }: Index, text: string): Descriptor | undefined {
  const literal = manifests.find((descriptor) => entryName(descriptor) === text)
  if (literal || !isName(text)) return literal
  const { repository, tag, digest } = parseReference(text)
  const full = `${repository}:${tag ?? 'latest'}`
  if (digest === undefined) return manifests.find((descriptor) => entryName(descriptor) === full)
  return manifests.find((descriptor) => {
    const name = entryName(descriptor)
    const isOfRepository = name?.slice(0, name.lastIndexOf(':')) === repository
    return isOfRepository && descriptor.digest === digest
  })
}

/** Whether `text` is to be read as a name; `cafe` may be the beginning of an id too. */
function isName(text: string): boolean {
  return !/^(?:sha256:[0-9a-f]*|[0-9a-f]{64})$/.test(text)
}

function withId(root: string, index: Index, prefix: string): Image[] {
  return index.manifests.flatMap((descriptor) => {
    try {
      const image = imageAt(root, descriptor, index)
      return hexOf(image.id).startsWith(prefix) ? [image] : []
    } catch {
      return [] // ignoring: a damaged image is found by its name alone
    }
  })
}

function distinct(images: Image[]): Image[] {
  return images.filter(({ id }, at) => images.findIndex((other) => other.id === id) === at)
}

function namesOf({ manifests }: Index, digest: string): string[] {
  return manifests.flatMap((entry) => (entry.digest === digest ? (entryName(entry) ?? []) : []))
}

function whatThereIs({ manifests }: Index): string {
  const names = manifests.flatMap((descriptor) => entryName(descriptor) ?? []).sort()
  if (names.length === 0) return 'there are none'
  const more = names.length > 8 ? `, and ${names.length - 8} more` : ''
  return `have: ${names.slice(0, 8).join(', ')}${more}`
}
