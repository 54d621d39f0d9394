/** The documents of an OCI image: index, manifest, config. Their checks are in parse.ts. */

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

/** What a part of an image is for; other tools write it wherever they like. */
export interface PlatformFields {
  os?: unknown
  architecture?: unknown
  variant?: unknown
}

/** A reference to a blob: the kind of its content, its digest and its size in bytes. */
export interface Descriptor {
  mediaType: string
  digest: string
  size: number
  annotations?: Record<string, string> | null
  /** In an index: what the image is for. */
  platform?: PlatformFields | null
  /** The content itself, in base64 (descriptor.md, "Embedded Content"). */
  data?: string | null
}

/** An index: images for several platforms, or all that a layout has (image-index.md). */
export interface Index {
  schemaVersion?: 2
  mediaType?: string
  manifests: Descriptor[]
}

/** A manifest: an image's config and its layers, bottom first (image-spec, manifest.md). */
export interface Manifest {
  schemaVersion?: 2
  mediaType?: string
  /** What it is if it is no image: a signature, a chart, a list of what is in an image. */
  artifactType?: string
  config: Descriptor
  layers: Descriptor[]
}

/** How a container of the image starts. Docker writes `null` for an absent value. */
export interface ContainerConfig extends OptionalConfig {
  User?: string | null
  ExposedPorts?: Record<string, object> | null
  Env?: string[] | null
  Entrypoint?: string[] | null
  Cmd?: string[] | null
  Volumes?: Record<string, object> | null
  WorkingDir?: string | null
  Labels?: Record<string, string> | null
}

/** Settings that `inspect` shows only where an image has them. */
export interface OptionalConfig {
  StopSignal?: string | null
  /** Docker's, beside those of OCI. Times are in nanoseconds. */
  Healthcheck?: {
    Test: string[]
    Interval?: number
    Timeout?: number
    StartPeriod?: number
    StartInterval?: number
    Retries?: number
  }
  OnBuild?: string[] | null
  Shell?: string[] | null
}

declare module '../../options.ts' {
  interface ContainerOptions {
    /** How it was started, as an image config; `commit` writes it into the new image. */
    config?: ContainerConfig
  }
}

/** A step in the making of an image. */
export interface HistoryEntry {
  created?: string | null
  created_by?: string | null
  author?: string | null
  comment?: string | null
  /** The step changed only the config; there is no layer for it. */
  empty_layer?: boolean | null
}

/** An image's config (image-spec, config.md). Its digest is the image's id. */
export interface ImageConfig {
  created?: string | null
  author?: string | null
  architecture: string
  os: string
  variant?: string | null
  config?: ContainerConfig | null
  /** Digests of the layers' uncompressed tars, bottom first: one for each of the manifest. */
  rootfs: { type: 'layers'; diff_ids: string[] }
  history?: HistoryEntry[] | null
}
