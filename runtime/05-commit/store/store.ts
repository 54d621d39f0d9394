/** Reads the image store, an OCI image layout whose blobs are verified at every use. */
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
 * An image in the store. Under the data root:
 *
 *     oci-layout, index.json, blobs/sha256/<hex>   an OCI image layout (image-layout.md)
 *     layers/<hex of the diff id>/                 layers unpacked: read-only, shared
 *     tmp/                                         staging: files that are being written
 *
 * index.json is the only file that changes, and it is replaced by rename(2): readers need no lock.
 */
export interface Image {
  /** `busybox:latest`; the short id if another image has taken the name. */
  name: string
  /** All names of this image; may be empty. */
  names: string[]
  /** Digest of the config. */
  id: string
  /** The entry of index.json, which refers to the manifest. */
  manifest: Descriptor
  configSize: number
  config: ImageConfig
  /** Bottom first. */
  layers: Layer[]
}

/** A layer: the descriptor of its blob, and the digest of its uncompressed tar. */
export interface Layer extends Descriptor {
  diffId: string
}

/** Read index.json. Without a store it is empty; throws if it is damaged. */
export function readIndex(root: string): Index {
  const layout = readIfThere(join(root, 'oci-layout'))
  if (layout === undefined) return { schemaVersion: 2, manifests: [] }
  const path = join(root, 'index.json')
  try {
    const { imageLayoutVersion } = JSON.parse(layout) as { imageLayoutVersion?: unknown }
    if (imageLayoutVersion !== '1.0.0')
      throw new Error(`is of image layout version ${String(imageLayoutVersion)}, not 1.0.0`)
    return parseIndex(readIfThere(path) ?? '')
  } catch (cause) {
    throw new Error(`the image store is damaged: ${path} ${(cause as Error).message}`, { cause })
  }
}

/**
 * Find an image by `name[:tag]`, by `name@digest` or, if there is no such name, by the beginning of
 * its id. The size and digest of its manifest and config are verified. Throws if there is no such
 * image, if several ids begin with `text`, or if the image is damaged.
 */
export function resolve(root: string, text: string): Image {
  const index = readIndex(root)
  const isId = /^(?:sha256:)?[0-9a-f]{1,64}$/.test(text)
  const byName = findNamed(index, text)
  if (byName) return imageAt(root, byName, index)
  const found = isId ? withId(root, index, text.replace('sha256:', '')) : []
  const [image, ...others] = distinct(found)
  if (!image) throw new Error(`no image named '${text}'; ${knownNames(index)}`)
  if (others.length > 0) {
    const all = [image, ...others].map(({ id, name }) => `${shortId(id)} (${name})`)
    throw new Error(`'${text}' is the beginning of several image ids: ${all.join(', ')}`)
  }
  return image
}

/** The image with this manifest, whatever its name is now; undefined if it was removed. */
export function imageWithManifest(root: string, digest: string): Image | undefined {
  const index = readIndex(root)
  const found = index.manifests.find((descriptor) => descriptor.digest === digest)
  return found && imageAt(root, found, index)
}

/** The image that an entry of `index` refers to. Throws DamagedImage if a document is damaged. */
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
  const config = read('config', manifest.config, (text) =>
    parseConfig(text, manifest.layers.length),
  )
  const { diff_ids } = config.rootfs
  const layers = manifest.layers.map((layer, at) => ({ ...layer, diffId: diff_ids[at] ?? '' }))
  const name = own ?? shortId(id)
  return { name, names, id, manifest: descriptor, configSize, config, layers }
}

/** A part of an image is missing or does not match its digest. Other images stay usable. */
export class DamagedImage extends Error {
  constructor(image: string, { what, blob }: { what: string; blob: Descriptor }, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(
      `image '${image}' is damaged\n` +
        `  ${what} ${String(blob.digest)} ${why}\n` +
        `  remove it with 'stepbox rmi ${image}' and make it again`,
      { cause },
    )
  }
}

/** The name that an entry of index.json gives to its image. */
export function entryName({ annotations }: Descriptor): string | undefined {
  const name: unknown = annotations?.[nameAnnotation]
  return typeof name === 'string' ? name : undefined
}

/** The directory of the unpacked layer with this diffId. */
export function layerDir(root: string, diffId: string): string {
  return join(root, 'layers', hexOf(diffId))
}

/**
 * The entry with a name. The literal text is tried first, because other tools write names that are
 * not in Docker's form: umoci may call an image just `latest`.
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

/** False if `text` can only be an id. `cafe` may be a name, or the beginning of an id. */
function isName(text: string): boolean {
  return !/^(?:sha256:[0-9a-f]*|[0-9a-f]{64})$/.test(text)
}

function withId(root: string, index: Index, prefix: string): Image[] {
  return index.manifests.flatMap((descriptor) => {
    try {
      const image = imageAt(root, descriptor, index)
      return hexOf(image.id).startsWith(prefix) ? [image] : []
    } catch {
      return [] // ignoring: a damaged image is found only by its name
    }
  })
}

function distinct(images: Image[]): Image[] {
  return images.filter(({ id }, at) => images.findIndex((other) => other.id === id) === at)
}

function namesOf({ manifests }: Index, digest: string): string[] {
  return manifests.flatMap((entry) => (entry.digest === digest ? (entryName(entry) ?? []) : []))
}

function knownNames({ manifests }: Index): string {
  const names = manifests.flatMap((descriptor) => entryName(descriptor) ?? []).sort()
  if (names.length === 0) return 'there are none'
  const more = names.length > 8 ? `, and ${names.length - 8} more` : ''
  return `have: ${names.slice(0, 8).join(', ')}${more}`
}
