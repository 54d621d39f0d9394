/** Parses the documents of an image, which anybody may have written, and says what is wrong. */
import { isDigest, shown } from './digest.ts'
import { kindOf, type Kind } from './media-types.ts'
import { mediaTypes, type ImageConfig, type Index, type Manifest } from './oci.ts'

type Json = Record<string, unknown>

/** A document that leads to others: an index or a manifest. */
export type Parsed = { kind: 'index'; index: Index } | { kind: 'manifest'; manifest: Manifest }

/**
 * Parse a document that a descriptor with this media type refers to; throws with what is wrong. The
 * media type decides what it is, or its content if that says nothing. A document that is valid as a
 * manifest and as an index is refused: two readers of one digest would see different images
 * (CVE-2021-41190).
 */
export function parseDocument(text: string, mediaType: string): Parsed {
  const document = object(text)
  const [said, own] = [kindOf(mediaType), kindOf(document['mediaType'])]
  if (said && own && said !== own)
    throw new Error(`has the mediaType ${shown(document['mediaType'])}, not ${mediaType}`)
  if (document['schemaVersion'] === 1)
    throw new Error("is in Docker's schema 1, of before 2016; 'skopeo copy' converts it")
  if (!isNothing(document['schemaVersion']) && document['schemaVersion'] !== 2)
    throw new Error('has a schemaVersion other than 2')
  const isBoth = 'manifests' in document && ('layers' in document || 'config' in document)
  const kind: Kind = said ?? own ?? ('manifests' in document ? 'index' : 'manifest')
  if (isBoth || 'fsLayers' in document) throw new Error(`is ${oneAndOther[kind]} at once`)
  return kind === 'index'
    ? { kind, index: checkIndex(document) }
    : { kind, manifest: checkManifest(document) }
}

const oneAndOther = { index: 'an index and a manifest', manifest: 'a manifest and an index' }

/** Parse index.json; throws with what is wrong. */
export function parseIndex(text: string): Index {
  const parsed = parseDocument(text, mediaTypes.index)
  if (parsed.kind !== 'index') throw new Error('is not an index')
  return parsed.index
}

/**
 * An entry may refer to anything (another index, a signature). It is checked when it is used, by
 * `checkDescriptor`, so that one bad entry does not make the others unusable. One that is no object
 * is read as an empty one.
 */
function checkIndex(index: Json): Index {
  const { manifests } = index
  if (!Array.isArray(manifests)) throw new Error('has no list of manifests')
  const entries = manifests.map((entry: unknown) => (isObject(entry) ? entry : {}))
  return { ...index, manifests: entries } as unknown as Index
}

/** No layers are written as an empty list, or as null. */
function checkManifest(manifest: Json): Manifest {
  const { config, layers } = manifest
  const list = isNothing(layers) && 'config' in manifest ? [] : layers
  if (!Array.isArray(list)) throw new Error('has no list of layers')
  checkDescriptor(config)
  list.forEach(checkDescriptor)
  return { ...manifest, layers: list } as unknown as Manifest
}

/** Parse oci-layout; gives its version, and throws if it is not one that we can read. */
export function parseLayout(text: string): string {
  const { imageLayoutVersion: version } = object(text)
  if (isText(version) && /^1\.\d+\.\d+$/.test(version)) return version
  throw new Error(`is of image layout version ${shown(version)}, not 1.0.0`)
}

/**
 * Parse a config, which must have a diffId for each of `layerCount` layers; throws if not. What is
 * missing is taken from `platform`: os and architecture of the manifest's entry in an index.
 */
export function parseConfig(
  text: string,
  layerCount: number,
  platform: { os: string; architecture: string },
): ImageConfig {
  const config = object(text)
  const rootfs = isNothing(config['rootfs']) ? {} : config['rootfs']
  const isRootfs = isObject(rootfs) && [undefined, null, 'layers'].includes(rootfs['type'] as null)
  const diffIds = isRootfs ? (rootfs['diff_ids'] ?? []) : undefined
  if (!isListOf(diffIds, isDigest)) throw new Error('has no list of diff ids')
  if (diffIds.length !== layerCount)
    throw new Error(`has ${diffIds.length} diff ids for ${layerCount} layers`)
  checkFields(config, imageFields)
  for (const step of (config['history'] as Json[] | null) ?? []) checkFields(step, historyFields)
  checkFields((config['config'] as Json | null) ?? {}, containerFields)
  const os = config['os'] || platform.os
  const architecture = config['architecture'] || platform.architecture
  const all = { ...config, os, architecture, rootfs: { type: 'layers', diff_ids: diffIds } }
  return all as unknown as ImageConfig
}

/** Parse JSON that must be an object. */
export function object(text: string): Json {
  const value = json(text)
  if (!isObject(value)) throw new Error('is not a JSON object')
  return value
}

function json(text: string): unknown {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Error('is not JSON', { cause })
  }
  if (isDeep(value)) throw new Error(`is nested more than ${mostLevels} levels deep`)
  return value
}

/** Most levels of a document. Real ones have six; JSON.stringify recurses, and would throw. */
const mostLevels = 64

function isDeep(value: unknown): boolean {
  let level = [value]
  for (let depth = 0; depth <= mostLevels && level.length > 0; depth++)
    level = level.flatMap((each) => (isNothing(each) || isText(each) ? [] : Object.values(each)))
  return level.length > 0
}

/** Throws if a descriptor is malformed. Afterwards its digest is safe to use in a path. */
export function checkDescriptor(value: unknown): void {
  if (!isObject(value)) throw new Error('has a descriptor that is not an object')
  const { mediaType, digest, size, annotations } = value
  if (!isNothing(mediaType) && !isText(mediaType))
    throw new Error('has a media type that is not a text')
  if (!isDigest(digest)) throw new Error(`has a digest that is not sha256: ${shown(digest)}`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new Error(`has a descriptor with the size ${shown(size)}`)
  if (!isNothing(annotations) && !isTextByName(annotations))
    throw new Error('has annotations that are not strings')
}

type Check = (value: unknown) => boolean

const imageFields: Record<string, Check> = {
  os: isText,
  architecture: isText,
  variant: isText,
  created: isText,
  author: isText,
  config: isObject,
  history: (value) => isListOf(value, isObject),
}

const historyFields: Record<string, Check> = {
  created: isText,
  created_by: isText,
  author: isText,
  comment: isText,
  empty_layer: (value) => typeof value === 'boolean',
}

const containerFields: Record<string, Check> = {
  User: isText,
  WorkingDir: isText,
  Env: (value) => isListOf(value, isText),
  Entrypoint: (value) => isListOf(value, isText),
  Cmd: (value) => isListOf(value, isText),
  ExposedPorts: isObject,
  Volumes: isObject,
  Labels: isTextByName,
}

/** Throws if one of these fields has another type; null counts as absent. */
function checkFields(value: Json, fields: Record<string, Check>): void {
  for (const [name, isRight] of Object.entries(fields))
    if (!isNothing(value[name]) && !isRight(value[name]))
      throw new Error(`has a malformed ${name}`)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOf<T>(value: unknown, is: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(is)
}

function isTextByName(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isText)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined
}
