/** Chapter 5. A tar as it goes by: its diff id, compressed, the digest of that, on the disk. */
import { createHash, type Hash } from 'node:crypto'
import { createWriteStream, renameSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { digestOf } from './blobs.ts'
import { mediaTypes, type Descriptor } from './oci.ts'
import { stagedPath } from './publish.ts'

/**
 * Stage `tar` as a blob. Gives its descriptor, its diff id and the bytes of the tar. Nothing is
 * held but a few chunks, whatever the size: a stage that is slower makes the ones before it wait.
 * Compression runs in libuv's thread pool, beside reading and hashing. Node's gzip header names no
 * time and no file, so the same tar gives the same blob.
 */
export async function stageLayer(
  staging: string,
  tar: AsyncIterable<Uint8Array>,
  { isCompressed }: { isCompressed: boolean },
): Promise<{ layer: Descriptor; diffId: string; tarBytes: number }> {
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
  renameSync(path, stagedPath(staging, layer.digest))
  return { layer, diffId: digestOf(plain.hash), tarBytes: plain.bytes() }
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
