/** Chapter 5. The documents of an image: index, manifest, configuration, naming each other. */

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  gzipLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const

/** Where an image's name stands in index.json (image-spec, annotations.md). */
export const nameAnnotation = 'org.opencontainers.image.ref.name'

/** Points at bytes: what they are, which, and how many. */
export interface Descriptor {
  mediaType: string
  digest: string
  size: number
  annotations?: Record<string, string>
}

export interface Index {
  schemaVersion: 2
  mediaType?: string
  manifests: Descriptor[]
}

export interface Manifest {
  schemaVersion: 2
  mediaType?: string
  config: Descriptor
  layers: Descriptor[]
}

/** How a container of the image starts. Docker writes `null` where it means nothing. */
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

export interface HistoryEntry {
  created?: string
  created_by?: string
  author?: string
  comment?: string
  /** This entry changed the configuration alone, and has no layer. */
  empty_layer?: boolean
}

export interface ImageConfig {
  created?: string
  author?: string
  architecture: string
  os: string
  config?: ContainerConfig | null
  /** Digests of the layers *unpacked*, bottom first, as many as the manifest has layers. */
  rootfs: { type: 'layers'; diff_ids: string[] }
  history?: HistoryEntry[] | null
}

type Json = Record<string, unknown>

/**
 * Read index.json. What it points at may be anything (another index, a signature), and one entry
 * that is wrong does not make the others unusable: each is checked when it is used, by
 * `checkDescriptor`.
 */
export function parseIndex(text: string): Index {
  const index = document(text, mediaTypes.index)
  if ('layers' in index || 'config' in index) throw new Error('is an index and a manifest at once')
  if (!isListOf(index['manifests'], isObject)) throw new Error('has no list of manifests')
  return index as unknown as Index
}

/**
 * Read a manifest. One that could also be read as an index is refused: two readers of the same
 * digest would see different images (CVE-2021-41190).
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
    throw new Error(`is of no container image: it has a ${(config as Descriptor).mediaType}`)
  return manifest as unknown as Manifest
}

/** Read an image's configuration, which must name a diff id for each of `layers` layers. */
export function parseConfig(text: string, layers: number): ImageConfig {
  const config = document(text)
  const { rootfs, history } = config
  const diffIds = isObject(rootfs) && rootfs['type'] === 'layers' ? rootfs['diff_ids'] : undefined
  if (!isListOf(diffIds, isDigest)) throw new Error('has no list of diff ids')
  if (diffIds.length !== layers)
    throw new Error(`has ${diffIds.length} diff ids for ${layers} layers`)
  if (typeof config['os'] !== 'string' || typeof config['architecture'] !== 'string')
    throw new Error('does not say for which machine it is')
  if (!isNothing(history) && !isListOf(history, isObject))
    throw new Error('has a malformed history')
  checkContainerConfig(config['config'])
  return config as unknown as ImageConfig
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)
}

function document(text: string, mediaType?: string): Json {
  const value = json(text)
  if (!isObject(value)) throw new Error('is not a JSON object')
  if (mediaType === undefined) return value
  if (value['schemaVersion'] !== 2) throw new Error('has a schemaVersion other than 2')
  const own = value['mediaType']
  if (own !== undefined && own !== mediaType)
    throw new Error(`says of itself that it is ${String(own)}, not ${mediaType}`)
  return value
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('is not JSON', { cause })
  }
}

/** Throws what is wrong with a descriptor. */
export function checkDescriptor(value: unknown): void {
  if (!isObject(value)) throw new Error('has a descriptor that is not an object')
  const { mediaType, digest, size, annotations } = value
  if (typeof mediaType !== 'string') throw new Error('has a descriptor without a media type')
  if (!isDigest(digest)) throw new Error(`has a digest that is not sha256: ${String(digest)}`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new Error(`has a descriptor with the size ${String(size)}`)
  if (!isNothing(annotations) && !isTextByName(annotations))
    throw new Error('has annotations that are not text')
}

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
