/** Reads the documents of one image, and says why if that is not possible. */
import { shortId } from '../../options.ts'
import { CannotRead, readBlob } from './blobs.ts'
import { isDigest, shown } from './digest.ts'
import { entryName, wordFor } from './entry-names.ts'
import { DamagedImage, NoSuchPlatform, NotAnImage, UnusableImage } from './image-errors.ts'
import type { Part } from './image-errors.ts'
import { isImageConfig, isLayer, kindOf } from './media-types.ts'
import { manifestFor, mayBeImage, platformIn } from './nested.ts'
import type { Descriptor, ImageConfig, Manifest } from './oci.ts'
import { checkDescriptor, parseConfig, parseDocument } from './parse.ts'
import { distance, isSameArchitecture, machine, type Platform } from './platform.ts'

/** An image in the store. */
export interface Image {
  /** `busybox:latest`; the short id if another image has taken the name. */
  name: string
  /** All names of this image; may be empty. */
  names: string[]
  /** Digest of the config. */
  id: string
  /** The entry of index.json: it refers to the manifest, or to an index that leads to it. */
  entry: Descriptor
  /** The manifest: of several, the one for this machine. */
  manifest: Descriptor
  /** What its programs are made for. */
  platform: Platform
  config: ImageConfig
  /** Bottom first. */
  layers: Layer[]
}

/** A layer: the descriptor of its blob, and the digest of its uncompressed tar. */
export interface Layer extends Descriptor {
  diffId: string
}

/** Which image is to be read. */
export interface ImageWish {
  entry: Descriptor
  /** All names of the entry. */
  names: string[]
  /** The platform that was asked for. */
  wanted?: Platform | undefined
  /** Of several manifests, the one with this digest. */
  digest?: string
}

/**
 * Read an image's documents. Throws NotAnImage for an artifact, DamagedImage if a part is missing
 * or was changed, UnusableImage if it is as it was made and cannot be read here; NoSuchPlatform.
 */
export function readImage(root: string, wish: ImageWish): Image {
  const { entry, names, wanted } = wish
  const own = entryName(entry) ?? names[0]
  const word = wordFor(entry, own)
  const manifest = manifestIn(root, wish, word)
  const part = { word, what: 'manifest', blob: manifest }
  const parsed = readPart(root, part, (text) => imageManifest(text, manifest, word))
  const { config: blob, layers: blobs } = parsed
  const said = platformIn(manifest.platform) ?? machine
  const config = readPart(root, { word, what: 'config', blob }, (text) =>
    parseConfig(text, blobs.length, said),
  )
  const platform = platformIn(config) ?? { os: config.os, architecture: config.architecture }
  const isChosen = manifest !== entry && !wish.digest
  if (wanted && !isChosen && !isFor(platform, wanted))
    throw new NoSuchPlatform(word, wanted, [platform])
  const { diff_ids } = config.rootfs
  const layers = blobs.map((layer, at) => ({ ...layer, diffId: diff_ids[at] ?? '' }))
  const id = blob.digest
  return { name: own ?? shortId(id), names, id, entry, manifest, platform, config, layers }
}

function isFor(platform: Platform, wanted: Platform): boolean {
  return isSameArchitecture(platform, wanted) && distance(platform, wanted) !== undefined
}

/** The descriptor of the manifest that is wished for. */
function manifestIn(root: string, { entry, wanted, digest }: ImageWish, word: string): Descriptor {
  if (isDigest(entry.digest) && !mayBeImage(entry)) throw new NotAnImage(word, entry.mediaType)
  if (kindOf(entry.mediaType) === 'manifest') return entry
  return readPart(root, { word, what: 'index', blob: entry }, () => {
    const found = manifestFor(root, entry, { wanted, digest })
    if (!found) throw new NotAnImage(word, 'an index without one')
    return found
  })
}

/** Read a blob and parse it; throws with the part that is wrong. */
function readPart<T>(root: string, part: Part & { word: string }, parse: (text: string) => T): T {
  const { word, blob } = part
  let text = ''
  try {
    checkDescriptor(blob)
    text = readBlob(root, blob)
  } catch (cause) {
    const isOther = /^(?!sha256:)[a-z0-9]+:[0-9a-f]{32,}$/.test(String(blob.digest))
    const isSystems = cause instanceof CannotRead
    throw new (isOther || isSystems ? UnusableImage : DamagedImage)(word, part, cause)
  }
  try {
    return parse(text)
  } catch (cause) {
    if (cause instanceof NotAnImage || cause instanceof NoSuchPlatform) throw cause
    throw new UnusableImage(word, part, cause)
  }
}

/** Parse the manifest of an image that can run; throws NotAnImage for one of anything else. */
function imageManifest(text: string, { mediaType }: Descriptor, word: string): Manifest {
  const parsed = parseDocument(text, mediaType)
  if (parsed.kind === 'index') throw new Error('is an index in place of a manifest')
  const { config, layers, artifactType } = parsed.manifest
  const strange = layers.find((layer) => !isLayer(layer.mediaType))
  if (!isImageConfig(config.mediaType))
    throw new NotAnImage(word, artifactType || config.mediaType)
  if (strange && layers.every((layer) => !isLayer(layer.mediaType)))
    throw new NotAnImage(word, artifactType || strange.mediaType)
  if (strange) throw new Error(`has a layer of an unknown kind, ${shown(strange.mediaType)}`)
  const encrypted = layers.find((layer) => layer.mediaType?.includes('encrypted'))
  if (encrypted) throw new Error('has an encrypted layer, and there is no key here')
  return parsed.manifest
}
