/** Chapter 5. A tar as it goes by: its diff id, compressed, the digest of that, on the disk. */
import { createHash, type Hash } from 'node:crypto'
import { createWriteStream, renameSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { digestOf } from '../store/blobs.ts'
import { mediaTypes, type Descriptor } from '../store/oci.ts'
import { stagedPath } from '../store/publish.ts'

/**
 * How large a layer may become when it is unpacked: `floor` bytes always, and beyond that `ratio`
 * times its compressed size. Real layers shrink to a third or a tenth; gzip can do a thousandth,
 * which is for bombs.
 */
export interface Growth {
  floor: number
  ratio: number
}
const growth: Growth = { floor: 16 * 2 ** 30, ratio: 100 }

/** Most bytes that a layer of `size` compressed bytes may hold. */
export function mostUnpacked(size: number, { floor, ratio } = growth): number {
  return Math.max(floor, ratio * size)
}

/**
 * Stage `tar` as a blob. Gives its descriptor and its diff id. Nothing is held but a few chunks,
 * whatever the size: a stage that is slower makes the ones before it wait.
 * Compression runs in libuv's thread pool, beside reading and hashing. Node's gzip header names no
 * time and no file, so the same tar gives the same blob. Throws when nobody would unpack it again.
 */
export async function stageLayer(
  staging: string,
  tar: AsyncIterable<Uint8Array>,
  { isCompressed, limit }: { isCompressed: boolean; limit?: Growth },
): Promise<{ layer: Descriptor; diffId: string }> {
  const path = join(staging, 'layer')
  const plain = meter()
  const stored = meter()
  const file = createWriteStream(path, { flags: 'wx', flush: true, highWaterMark: 2 ** 20 })
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
    throw new Error(`${plain.bytes()} bytes that shrink to ${layer.size} would pass for a bomb`)
  renameSync(path, stagedPath(staging, layer.digest))
  return { layer, diffId: digestOf(plain.hash) }
}

/** Counts and hashes what passes through it. */
function meter() {
  const hash: Hash = createHash('sha256')
  let total = 0
  async function* pass(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk)
      total += chunk.length
      yield chunk
    }
  }
  return { hash, pass, bytes: () => total }
}
