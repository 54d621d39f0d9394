/** Media types: which of them name an image's parts, in OCI's words and in Docker's. */

/** A document that leads to others. */
export type Kind = 'index' | 'manifest'

const documents: Record<string, Kind> = {
  'application/vnd.oci.image.index.v1+json': 'index',
  'application/vnd.docker.distribution.manifest.list.v2+json': 'index',
  'application/vnd.oci.image.manifest.v1+json': 'manifest',
  'application/vnd.docker.distribution.manifest.v2+json': 'manifest',
}

const configs = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]

/** Media types that say nothing: what it is must be seen from the content. */
const vague = ['', 'application/octet-stream', 'application/json']

/** Which document a media type names; undefined for anything else. */
export function kindOf(mediaType: unknown): Kind | undefined {
  return documents[plain(mediaType)]
}

/** Whether a media type is absent, or says nothing. */
export function isVague(mediaType: unknown): boolean {
  return vague.includes(plain(mediaType))
}

/** Whether it is the configuration of an image that can run, and not of a chart or a signature. */
export function isImageConfig(mediaType: unknown): boolean {
  return isVague(mediaType) || configs.includes(plain(mediaType))
}

/**
 * Whether it may be a layer: a tar, however compressed. Which compression it is, the bytes say: the
 * names that tools give are sometimes wrong. `foreign` and `nondistributable` layers are ordinary
 * ones that may not be pushed.
 */
export function isLayer(mediaType: unknown): boolean {
  const text = plain(mediaType)
  return isVague(text) || /(^|[./+-])(tar|layer|x-tar|gzip|zstd)([./+-]|$)/.test(text)
}

function plain(mediaType: unknown): string {
  return typeof mediaType === 'string' ? (mediaType.split(';')[0] ?? '').trim().toLowerCase() : ''
}
