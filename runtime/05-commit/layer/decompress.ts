/** The tar archive in a layer's blob: plain, gzip or zstd, as its first bytes say. */
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { firstBytes, streamOf } from '../store/blobs.ts'
import type { Layer } from '../store/image.ts'
import { mediaTypes, type Descriptor } from '../store/oci.ts'
import { mostUnpacked, type Growth } from './blob.ts'

type Compression = 'none' | 'gzip' | 'zstd'

/**
 * The tar archive in a verified blob, in chunks. Throws at the point where it is too large or not
 * validly compressed: the digest proves which blob it is, not that its content is harmless.
 *
 * The first bytes decide how it is compressed, and not the media type, which tools get wrong. Gzip
 * may have several members and zstd several frames, one after the other. Whatever a reader makes of
 * the bytes, the caller compares the archive's digest with the diffId.
 */
export async function* tarOf(
  root: string,
  layer: Layer,
  limit?: Growth,
): AsyncGenerator<Uint8Array> {
  yield* decompressed(streamOf(root, layer), mostUnpacked(layer.size, limit))
}

/**
 * `bytes` decompressed, as the first of them say how. Throws an OtherCompression for what cannot be
 * read here, and when the result grows to more than `most` bytes.
 */
export async function* decompressed(
  bytes: AsyncIterable<Buffer>,
  most = Infinity,
): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]()
  const first = await beginning(chunks)
  const whole = following(first, chunks)
  const compression = compressionOf(first)
  if (compression === 'none') return yield* whole
  let total = 0
  for await (const chunk of compression === 'gzip' ? gunzipped(whole) : unpacked(whole)) {
    total += chunk.length
    if (total > most) throw new Error(`it grows to more than ${most} bytes`)
    yield chunk
  }
}

/** Enough bytes to tell what it is; fewer if the blob is shorter. */
async function beginning(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for (let length = 0; length < longestMagic; length += parts.at(-1)?.length ?? 0) {
    const { done, value } = await chunks.next()
    if (done) break
    parts.push(value)
  }
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
}

async function* following(first: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value
  } finally {
    await chunks.return?.()
  }
}

/** How blobs begin that are not a plain tar; zstd's skippable frames are 184D2A50 to 184D2A5F. */
const magics: [name: string, bytes: RegExp][] = [
  ['gzip', /^\x1f\x8b/],
  ['zstd', /^\x28\xb5\x2f\xfd/],
  ['zstd', /^[\x50-\x5f]\x2a\x4d\x18/],
  ['xz', /^\xfd7zXZ\0/],
  ['bzip2', /^BZh[1-9]1AY&SY/],
  ['lz4', /^\x04\x22\x4d\x18/],
]
const longestMagic = 10

/** How a blob with these first bytes is compressed; throws if we cannot read that. */
function compressionOf(first: Buffer): Compression {
  const text = first.toString('latin1', 0, longestMagic)
  const [name = 'none'] = magics.find(([, bytes]) => bytes.test(text)) ?? []
  if (name === 'none' || name === 'gzip' || name === 'zstd') return name
  throw new OtherCompression(name)
}

/** The bytes are compressed in a way that cannot be read here: `program` decompresses them. */
export class OtherCompression extends Error {
  readonly program: string
  constructor(program: string) {
    super(`it is compressed with ${program}; layers are plain, gzip or zstd`)
    this.program = program
  }
}

/**
 * The descriptor of a layer in OCI's words, for a manifest that we write: its media type says what
 * its bytes are. Docker's types and wrong ones are not passed on.
 */
export function ociLayer(root: string, { diffId: _, ...layer }: Layer): Descriptor {
  const types = { none: mediaTypes.layer, gzip: mediaTypes.gzipLayer, zstd: zstdLayer }
  const mediaType = types[compressionOf(firstBytes(root, layer, longestMagic))]
  const { digest, size, annotations } = layer
  return { mediaType, digest, size, ...(annotations ? { annotations } : {}) }
}

const zstdLayer = 'application/vnd.oci.image.layer.v1.tar+zstd'

function gunzipped(blob: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const gunzip = createGunzip({ chunkSize: 2 ** 18 })
  pipeline(blob, gunzip, () => {}) // ignoring: reading from gunzip throws the same error
  return gunzip
}

/** Loaded only for a layer that needs it. */
async function* unpacked(blob: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const { unzstd } = await import('./zstd.ts')
  yield* unzstd(blob)
}
