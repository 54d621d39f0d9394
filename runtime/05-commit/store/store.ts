/**
 * Reads the image store. Under the data root:
 *
 *     oci-layout, index.json, blobs/sha256/<hex>   an OCI image layout (image-layout.md)
 *     layers/<hex of the diff id>/                 layers unpacked: read-only, shared
 *     tmp/                                         staging: files that are being written
 *
 * index.json is the only file that changes, and it is replaced by rename(2): readers need no lock.
 * Blobs are verified at every use.
 */
import { join } from 'node:path'
import { openRoot } from '../../data-root.ts'
import { readRegular } from '../../files.ts'
import { Missing } from '../../missing.ts'
import { shortId } from '../../options.ts'
import { hexOf } from './digest.ts'
import { digestIn, entryName, knownNames, namedEntries } from './entry-names.ts'
import { readImage, type Image, type ImageWish } from './image.ts'
import { NotAnImage } from './image-errors.ts'
import { digestsOf, mayRun } from './nested.ts'
import type { Descriptor, Index } from './oci.ts'
import { parseIndex, parseLayout } from './parse.ts'
import type { Platform } from './platform.ts'

/**
 * Read index.json. Without a store it is empty; throws if it is damaged. A layout that was put
 * there without its file `oci-layout` is read all the same.
 */
export function readIndex(root: string): Index {
  openRoot(root)
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const path = join(root, name)
    try {
      const text = readRegular(path)
      return text === undefined ? undefined : parse(text)
    } catch (cause) {
      const why = (cause as Error).message
      throw new Error(`the image store is damaged: ${path} ${why}`, { cause })
    }
  }
  const version = read('oci-layout', parseLayout)
  const index = read('index.json', parseIndex)
  if (index) return index
  if (version === undefined) return { schemaVersion: 2, manifests: [] }
  throw new Error(`the image store is damaged: ${join(root, 'index.json')} is missing`)
}

/**
 * Find an image by `name[:tag]`, by `name@digest` or, if there is no such name, by the beginning of
 * its id or of its digest. Of an image for several platforms, that for `wanted`, or this machine;
 * they may be parts of one index, or entries of one name.
 * The size and digest of its manifest and config are verified. Throws if there is no such image, if
 * several ids begin with `text`, or if the image is damaged.
 */
export function resolve(root: string, text: string, wanted?: Platform): Image {
  const index = readIndex(root)
  const digest = digestIn(text)
  const named = namedEntries(index, text)
  const fitting = named.filter((each) => digest === undefined || each.digest === digest)
  const isOne = fitting.length < 2
  const entry = fitting.find((each) => isOne || mayRun(root, each, wanted)) ?? fitting[0]
  if (entry) return imageOf(root, index, { entry, wanted })
  if (digest !== undefined)
    for (const each of named)
      if (digestsOf(root, each).includes(digest))
        return imageOf(root, index, { entry: each, digest, wanted })
  const isId = /^(?:sha256:)?[0-9a-f]{1,64}$/.test(text)
  const found = isId ? withId(root, index, text.replace('sha256:', '')) : []
  const [image, ...others] = found
  if (!image) throw new Missing('image', text, knownNames(index))
  if (others.length > 0) {
    const all = [image, ...others].map(({ id, name }) => `${shortId(id)} (${name})`)
    throw new Error(`'${text}' is the beginning of several image ids: ${all.join(', ')}`)
  }
  return wanted ? imageOf(root, index, { entry: image.entry, wanted }) : image
}

/** The image with this manifest, whatever its name is now; undefined if it was removed. */
export function imageWithManifest(root: string, digest: string): Image | undefined {
  const index = readIndex(root)
  const { manifests } = index
  const entry =
    manifests.find((each) => each.digest === digest) ??
    manifests.find((each) => digestsOf(root, each).includes(digest))
  return entry && imageOf(root, index, { entry, digest })
}

/** The image that an entry of `index` refers to. Throws if it cannot be read: see `readImage`. */
export function imageAt(root: string, descriptor: Descriptor, index: Index): Image {
  return imageOf(root, index, { entry: descriptor })
}

function imageOf(root: string, index: Index, wish: Omit<ImageWish, 'names'>): Image {
  const isSame = ({ digest }: Descriptor) => digest === wish.entry.digest
  return readImage(root, { ...wish, names: index.manifests.filter(isSame).flatMap(namesOf) })
}

/** An image, or why there is none, and the entries of the index that refer to it. */
export interface Found {
  entries: [Descriptor, ...Descriptor[]]
  image?: Image
  /** Why it cannot be used; absent for an artifact, such as a signature, which is no image. */
  damaged?: Error
}

/**
 * All images of `index`. Each is read once: the same image may have thousands of names. Entries of
 * the same digest that differ in size or media type are read each for itself.
 */
export function imagesIn(root: string, index: Index): Found[] {
  const found = new Map<string, Found>()
  const names = new Map<string, string[]>()
  for (const entry of index.manifests) {
    const { digest, size, mediaType } = entry
    const key = JSON.stringify([digest, size, mediaType])
    const known = found.get(key)
    if (known) known.entries.push(entry)
    else found.set(key, { entries: [entry] })
    const all = names.get(digest) ?? []
    all.push(...namesOf(entry))
    names.set(digest, all)
  }
  for (const each of found.values()) {
    const [entry] = each.entries
    try {
      each.image = readImage(root, { entry, names: names.get(entry.digest) ?? [] })
    } catch (error) {
      if (!(error instanceof NotAnImage)) each.damaged = error as Error
    }
  }
  return [...found.values()]
}

function namesOf(entry: Descriptor): string[] {
  const name = entryName(entry)
  return name === undefined ? [] : [name]
}

/** The directory of the unpacked layer with this diffId. */
export function layerDir(root: string, diffId: string): string {
  return join(root, 'layers', hexOf(diffId))
}

/** Fewest digits by which an image is found that are not those of its id. */
const shortDigits = 12

/** The images with such an id, or else with such a digest. A damaged one is found by its name. */
function withId(root: string, index: Index, prefix: string): Image[] {
  const found = imagesIn(root, index).flatMap(({ image }) => image ?? [])
  const having = (digits: (image: Image) => string[]) => {
    const fits = (each: Image) => digits(each).some((one) => hexOf(one).startsWith(prefix))
    const fitting = found.filter(fits)
    return [...new Map(fitting.map((image) => [image.id, image])).values()]
  }
  const byId = having(({ id }) => [id])
  if (byId.length > 0 || prefix.length < shortDigits) return byId
  return having(({ entry, manifest }) => [entry.digest, manifest.digest])
}
