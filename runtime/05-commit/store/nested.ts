/** Finds the manifest for a platform: an entry of index.json may lead to an index of several. */
import { lstatSync } from 'node:fs'
import { blobPath, readBlob } from './blobs.ts'
import { isDigest } from './digest.ts'
import { wordFor } from './entry-names.ts'
import { NoSuchPlatform } from './image-errors.ts'
import { isImageConfig, isVague, kindOf } from './media-types.ts'
import type { Descriptor, Index } from './oci.ts'
import { object, parseDocument } from './parse.ts'
import { distance, machine, normal, isSameArchitecture, type Platform } from './platform.ts'

/** Most levels of indexes in indexes (real ones have two), and most manifests of one entry. */
const most = { levels: 8, manifests: 4096 }

/** The mark that BuildKit gives what it says about an image: how it was built, what is in it. */
const attestation = 'vnd.docker.reference.type'

/** The digests that an entry may be known by: its own, and those of the manifests in it. */
export function digestsOf(root: string, entry: Descriptor): string[] {
  try {
    return [entry.digest, ...manifestsOf(root, entry).map(({ digest }) => digest)]
  } catch {
    return [entry.digest] // ignoring: an index that cannot be read leads to nothing
  }
}

/**
 * The manifests that an entry leads to, each once and in order: itself, or all in an index and in
 * the indexes in it, without attestations and signatures. An inner index that cannot be read is
 * passed over; throws if the entry itself cannot be read.
 */
function manifestsOf(root: string, entry: Descriptor): Descriptor[] {
  const found = new Map<string, Descriptor>()
  const seen = new Set<string>()
  const visit = (each: Descriptor, level: number) => {
    if (seen.has(each.digest) || level > most.levels || found.size > most.manifests) return
    seen.add(each.digest)
    const index = level === 0 ? indexAt(root, each) : readable(() => indexAt(root, each))
    if (index) for (const inner of index.manifests.filter(mayBeImage)) visit(inner, level + 1)
    else found.set(each.digest, each)
  }
  visit(entry, 0)
  return [...found.values()]
}

/** The index that a descriptor refers to; undefined if that is no index. */
function indexAt(root: string, descriptor: Descriptor): Index | undefined {
  if (kindOf(descriptor.mediaType) === 'manifest') return undefined
  const parsed = parseDocument(readBlob(root, descriptor), descriptor.mediaType)
  return parsed.kind === 'index' ? parsed.index : undefined
}

/**
 * Whether a descriptor in an index may lead to an image. Artifacts lie beside images, too: what was
 * found out about them, signatures, and the layers of BuildKit's cache.
 */
export function mayBeImage(descriptor: Descriptor): boolean {
  const { mediaType, annotations, platform } = descriptor
  const { artifactType } = descriptor as { artifactType?: unknown }
  if (kindOf(mediaType) === undefined && !isVague(mediaType)) return false
  if (annotations?.[attestation] !== undefined || platform?.os === 'unknown') return false
  return isImageConfig(artifactType)
}

/**
 * The manifest of an entry that fits `wanted`, or this machine, best; or the one with `digest`.
 * Undefined if there is no image in it. Of an image for other platforms only, the first. Throws if
 * `wanted` was asked for and there is none for it.
 *
 * What lies in a layout may be one part of a larger index, so what is missing comes last.
 */
export function manifestFor(
  root: string,
  entry: Descriptor,
  { wanted, digest }: { wanted?: Platform | undefined; digest?: string | undefined },
): Descriptor | undefined {
  const all = manifestsOf(root, entry)
  if (all[0] === entry) return entry
  if (digest !== undefined && digest !== entry.digest)
    return all.find((manifest) => manifest.digest === digest)
  const made = all.flatMap((manifest) => {
    const platform = platformOf(root, manifest)
    return platform ? [{ manifest, platform, isHere: isPresent(root, manifest) }] : []
  })
  const fitting = made.flatMap((each) => {
    const far = distance(each.platform, wanted ?? machine)
    const isOther = wanted && !isSameArchitecture(each.platform, wanted)
    return far === undefined || isOther ? [] : [{ ...each, far }]
  })
  fitting.sort((a, b) => Number(b.isHere) - Number(a.isHere) || a.far - b.far)
  const [best] = fitting
  const here = made.filter(({ isHere }) => isHere)
  if (wanted && !best?.isHere) {
    const others = here.map(({ platform }) => platform)
    throw new NoSuchPlatform(wordFor(entry), wanted, others)
  }
  return (best?.isHere ? best : (here[0] ?? best))?.manifest
}

/** False if an entry is for other platforms than `wanted`; true also where that is not known. */
export function mayRun(root: string, entry: Descriptor, wanted = machine): boolean {
  const platform = platformOf(root, entry)
  return platform === undefined || distance(platform, wanted) !== undefined
}

/** What a manifest in an index is for, as the index says, or its config. */
function platformOf(root: string, manifest: Descriptor): Platform | undefined {
  return platformIn(manifest.platform) ?? readable(() => platformOfConfig(root, manifest))
}

function platformOfConfig(root: string, manifest: Descriptor): Platform | undefined {
  const parsed = parseDocument(readBlob(root, manifest), manifest.mediaType)
  if (parsed.kind !== 'manifest' || !isImageConfig(parsed.manifest.config.mediaType)) return
  return platformIn(object(readBlob(root, parsed.manifest.config)))
}

/** The platform in a document; undefined if it says none. */
export function platformIn(fields: Descriptor['platform']): Platform | undefined {
  const { os, architecture, variant } = fields ?? {}
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
  if (!os || !architecture || os === 'unknown') return undefined
  return normal({ os, architecture, ...(typeof variant === 'string' ? { variant } : {}) })
}

function isPresent(root: string, descriptor: Descriptor): boolean {
  if (typeof descriptor.data === 'string') return true
  if (!isDigest(descriptor.digest)) return false
  return lstatSync(blobPath(root, descriptor.digest), { throwIfNoEntry: false }) !== undefined
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined // ignoring: another part of the index may be readable
  }
}
