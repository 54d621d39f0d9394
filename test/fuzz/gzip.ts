/** Tests. Fuzzed: the gzip stream of a layer, against zlib itself. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { tarOf } from '../../runtime/05-commit/layer/decompress.ts'
import { blobPath } from '../../runtime/05-commit/store/blobs.ts'
import { mediaTypes } from '../../runtime/05-commit/store/oci.ts'
import type { Random } from '../power/random.ts'
import { digest, inMemory } from './memory.ts'
import { rule, type Target } from './target.ts'

/** A layer here may be as large as this, or ten times its blob. */
const limit = { floor: 2 ** 17, ratio: 10 }
let root = ''

export const gzip: Target = {
  name: 'gzip',
  open: () => void (root = inMemory()),
  seeds: () => [
    gzipSync('the content of a layer'),
    gzipSync(Buffer.alloc(100_000)),
    gzipSync('stored', { level: 0 }),
    Buffer.concat([gzipSync('one'), gzipSync('two')]),
    Buffer.concat([gzipSync('and zeros'), Buffer.alloc(100)]),
    named('name'),
  ],
  words: ['\x1f\x8b\x08', '\x1f\x8b\x08\x1c', '\0\0\0\0', '\x03\0', '\xff\xff\0\0'],
  reshape,
  check: async (bytes) => {
    const path = blobPath(root, digest(bytes))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
    try {
      const got = await read(bytes)
      if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return 'not gzip'
      const wanted = gunzipSync(bytes, { maxOutputLength: 2 ** 24 })
      rule(got.equals(wanted), `${got.length} bytes, and zlib gives ${wanted.length}`)
      return `${got.length >> 6}`
    } finally {
      rmSync(path)
    }
  },
  close: async () => void rmSync(root, { recursive: true, force: true }),
}

async function read(bytes: Buffer): Promise<Buffer> {
  const layer = { mediaType: mediaTypes.gzipLayer, digest: digest(bytes), size: bytes.length }
  const most = Math.max(limit.floor, limit.ratio * bytes.length)
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of tarOf(root, { ...layer, diffId: layer.digest }, limit)) {
    total += chunk.length
    rule(total <= most, `${total} bytes, and at most ${most} are allowed`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** With a header that has a name and a comment in it (RFC 1952, FNAME and FCOMMENT). */
function named(name: string): Buffer {
  const plain = gzipSync('with a name')
  plain[3] = 0x18
  const more = Buffer.from(`${name}\0a comment\0`)
  return Buffer.concat([plain.subarray(0, 10), more, plain.subarray(10)])
}

/** A right stream of something, and what may come after it. */
function reshape(bytes: Buffer, random: Random): Buffer {
  const content = Buffer.alloc(random.below(2 ** random.below(19)), bytes.subarray(0, 100))
  const whole = gzipSync(content, { level: random.below(10) })
  const tail = random.pick([Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(3), bytes, whole])
  return Buffer.concat([random.pick([whole, bytes, named('n'.repeat(random.below(900)))]), tail])
}
