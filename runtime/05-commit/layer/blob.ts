/** Writes a layer's tar to disk as a blob, and computes both of its digests on the way. */
import { createHash, type Hash } from 'node:crypto'
import { createWriteStream, renameSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { digestOf } from '../store/digest.ts'
import { mediaTypes, type Descriptor } from '../store/oci.ts'
import { stagedPath } from '../store/publish.ts'

/**
 * How large a layer may be when unpacked: `floor` bytes, or `ratio` times its compressed size if
 * that is more. Layers usually compress to between a third and a tenth of their size. gzip can
 * reach a thousandth; a layer that does is likely an attack on the disk (a "zip bomb").
 */
export interface Growth {
  floor: number
  ratio: number
}
const growth: Growth = { floor: 16 * 2 ** 30, ratio: 100 }

/** Most bytes that a layer of `size` compressed bytes may unpack to. */
export function mostUnpacked(size: number, { floor, ratio } = growth): number {
  return Math.max(floor, ratio * size)
}

export interface StageOptions {
  isCompressed: boolean
  /** How much larger than its blob the tar may be. */
  limit?: Growth
  /** Called with the number of bytes of the tar that were read so far. */
  onBytes?: ((total: number) => void) | undefined
}

/**
 * Write `tar` into `staging` as a blob. Gives the blob's descriptor, with the digest of the stored
 * bytes, and the diffId, the digest of the tar itself; they are equal if it is not compressed.
 *
 * The stages are connected by `pipeline`, so a slow stage stops the ones before it, and only a few
 * chunks are in memory at a time. Compression runs in libuv's thread pool, beside reading and
 * hashing. The same tar gives the same blob: Node's gzip header has no time and no file name (RFC
 * 1952). Throws if the layer shrinks so much that unpacking would refuse it.
 */
export async function stageLayer(
  staging: string,
  tar: AsyncIterable<Uint8Array>,
  { isCompressed, limit, onBytes }: StageOptions,
): Promise<{ layer: Descriptor; diffId: string }> {
  const path = join(staging, 'layer')
  const plain = digestStream(onBytes)
  const stored = digestStream()
  const own = { flags: 'wx', mode: 0o600, flush: true, highWaterMark: 2 ** 20 }
  const file = createWriteStream(path, own)
  if (isCompressed) {
    const gzip = createGzip({ level: 6, chunkSize: 2 ** 18 })
    await pipeline(plain.pass(tar), gzip, stored.pass, file)
  } else await pipeline(plain.pass(tar), stored.pass, file)
  const layer = {
    mediaType: isCompressed ? mediaTypes.gzipLayer : mediaTypes.layer,
    digest: digestOf(stored.hash),
    size: stored.bytes(),
  }
  if (isCompressed && plain.bytes() > mostUnpacked(layer.size, limit))
    throw new Error(
      `${plain.bytes()} bytes that shrink to ${layer.size} would be refused as a zip bomb`,
    )
  renameSync(path, stagedPath(staging, layer.digest))
  return { layer, diffId: digestOf(plain.hash) }
}

/** A stage that passes chunks on, and counts and hashes their bytes. */
function digestStream(onBytes: (total: number) => void = () => {}) {
  const hash: Hash = createHash('sha256')
  let total = 0
  async function* pass(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk)
      total += chunk.length
      onBytes(total)
      yield chunk
    }
  }
  return { hash, pass, bytes: () => total }
}
