/** The documents of an OCI image (index, manifest, config), their types and their checks. */

/** The media types that we write (image-spec, media-types.md). */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  gzipLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const

/** The annotation in index.json that has the image's name (image-spec, annotations.md). */
export const nameAnnotation = 'org.opencontainers.image.ref.name'

/** A reference to a blob: the kind of its content, its digest and its size in bytes. */
export interface Descriptor {
  mediaType: string
  digest: string
  size: number
  annotations?: Record<string, string>
}

/** index.json: the images of the store (image-spec, image-index.md). */
export interface Index {
  schemaVersion: 2
  mediaType?: string
  manifests: Descriptor[]
}

/** A manifest: an image's config and its layers, bottom first (image-spec, manifest.md). */
export interface Manifest {
  schemaVersion: 2
  mediaType?: string
  config: Descriptor
  layers: Descriptor[]
}

/** How a container of the image starts. Docker writes `null` for an absent value. */
export interface ContainerConfig {
  User?: string
  ExposedPorts?: Record<string, object> | null
  Env?: string[] | null
  Entrypoint?: string[] | null
  Cmd?: string[] | null
  Volumes?: Record<string, object> | null
  WorkingDir?: string
  Labels?: Record<string, string> | null
}

/** A step in the making of an image. */
export interface HistoryEntry {
  created?: string
  created_by?: string
  author?: string
  comment?: string
  /** The step changed only the config; there is no layer for it. */
  empty_layer?: boolean
}

/** An image's config (image-spec, config.md). Its digest is the image's id. */
export interface ImageConfig {
  created?: string
  author?: string
  architecture: string
  os: string
  config?: ContainerConfig | null
  /** Digests of the layers' uncompressed tars, bottom first: one for each of the manifest. */
  rootfs: { type: 'layers'; diff_ids: string[] }
  history?: HistoryEntry[] | null
}

type Json = Record<string, unknown>

/**
 * Parse index.json; throws with what is wrong. An entry may refer to anything (another index, a
 * signature). It is checked when it is used, by `checkDescriptor`, so that one bad entry does not
 * make the others unusable.
 */
export function parseIndex(text: string): Index {
  const index = document(text, mediaTypes.index)
  if ('layers' in index || 'config' in index) throw new Error('is an index and a manifest at once')
  if (!isListOf(index['manifests'], isObject)) throw new Error('has no list of manifests')
  return index as unknown as Index
}

/**
 * Parse a manifest; throws with what is wrong. A document that is valid as a manifest and as an
 * index is refused: two readers of one digest would see different images (CVE-2021-41190).
 */
export function parseManifest(text: string, mediaType: string): Manifest {
  if (mediaType !== mediaTypes.manifest) throw new Error(`is not an OCI manifest but ${mediaType}`)
  const manifest = document(text, mediaType)
  if ('manifests' in manifest || 'fsLayers' in manifest)
    throw new Error('is a manifest and an index at once')
  const { config, layers } = manifest
  if (!Array.isArray(layers)) throw new Error('has no list of layers')
  checkDescriptor(config)
  layers.forEach(checkDescriptor)
  const known: string[] = [mediaTypes.layer, mediaTypes.gzipLayer]
  const strange = (layers as Descriptor[]).find((layer) => !known.includes(layer.mediaType))
  if (strange) throw new Error(`has a layer of an unknown kind, ${strange.mediaType}`)
  if ((config as Descriptor).mediaType !== mediaTypes.config)
    throw new Error(`is not a container image: its config is ${(config as Descriptor).mediaType}`)
  return manifest as unknown as Manifest
}

/** Parse a config, which must have a diffId for each of `layerCount` layers; throws if not. */
export function parseConfig(text: string, layerCount: number): ImageConfig {
  const config = document(text)
  const { rootfs, history } = config
  const diffIds = isObject(rootfs) && rootfs['type'] === 'layers' ? rootfs['diff_ids'] : undefined
  if (!isListOf(diffIds, isDigest)) throw new Error('has no list of diff ids')
  if (diffIds.length !== layerCount)
    throw new Error(`has ${diffIds.length} diff ids for ${layerCount} layers`)
  if (typeof config['os'] !== 'string' || typeof config['architecture'] !== 'string')
    throw new Error('has no os or no architecture')
  if (!isNothing(history) && !isListOf(history, isObject))
    throw new Error('has a malformed history')
  checkContainerConfig(config['config'])
  return config as unknown as ImageConfig
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)
}

/** Parse JSON that must be an object; with `mediaType`, of that type and schema version 2. */
function document(text: string, mediaType?: string): Json {
  const value = json(text)
  if (!isObject(value)) throw new Error('is not a JSON object')
  if (mediaType === undefined) return value
  if (value['schemaVersion'] !== 2) throw new Error('has a schemaVersion other than 2')
  const own = value['mediaType']
  if (own !== undefined && own !== mediaType)
    throw new Error(`has the mediaType ${String(own)}, not ${mediaType}`)
  return value
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('is not JSON', { cause })
  }
}

/** Throws if a descriptor is malformed. Afterwards its digest is safe to use in a path. */
export function checkDescriptor(value: unknown): void {
  if (!isObject(value)) throw new Error('has a descriptor that is not an object')
  const { mediaType, digest, size, annotations } = value
  if (typeof mediaType !== 'string') throw new Error('has a descriptor without a media type')
  if (!isDigest(digest)) throw new Error(`has a digest that is not sha256: ${String(digest)}`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new Error(`has a descriptor with the size ${String(size)}`)
  if (!isNothing(annotations) && !isTextByName(annotations))
    throw new Error('has annotations that are not strings')
}

/** A check for each field of `ContainerConfig`; null passes too. */
const fields: Record<string, (value: unknown) => boolean> = {
  User: isText,
  WorkingDir: isText,
  Env: (value) => isListOf(value, isText),
  Entrypoint: (value) => isListOf(value, isText),
  Cmd: (value) => isListOf(value, isText),
  ExposedPorts: isObject,
  Volumes: isObject,
  Labels: isTextByName,
}

function checkContainerConfig(config: unknown): void {
  if (isNothing(config)) return
  if (!isObject(config)) throw new Error('has a malformed config')
  for (const [name, isRight] of Object.entries(fields))
    if (!isNothing(config[name]) && !isRight(config[name]))
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
