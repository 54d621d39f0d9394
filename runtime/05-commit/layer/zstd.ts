/** Reads zstd (RFC 8878) in bounded memory: frames are taken apart here, and decoded elsewhere. */
import * as zlib from 'node:zlib'
import { pipeline, type Duplex } from 'node:stream'
import { Decompress } from 'fzstd'

/** The content of a frame, whose bytes come in pieces: its header, then a block each. */
export type FrameDecoder = (pieces: AsyncIterable<Buffer>) => AsyncIterable<Uint8Array>

/**
 * The content of all frames in a stream, one after the other; skippable frames have none. Layers of
 * the kind zstd:chunked have a frame for each file, and a table of contents in a skippable one.
 */
export async function* unzstd(
  chunks: AsyncIterable<Buffer>,
  decode: FrameDecoder = decoder(),
): AsyncGenerator<Uint8Array> {
  const source = reader(chunks)
  while (!(await source.isAtEnd())) {
    const magic = await source.take(4)
    const kind = magic.readUInt32LE()
    if (kind === frameMagic) yield* decode(piecesOf(source, magic))
    else if (kind >>> 4 === skippableMagic) await source.skip((await source.take(4)).readUInt32LE())
    else throw invalid('there is something else after a frame')
  }
}

const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a5

/** The largest window that is held in memory: `zstd --ultra` asks for 128 MiB (zstd(1)). */
const largestWindow = 2 ** 27

/** The content of a block has at most 128 KiB (RFC 8878, 3.1.1.2.4). */
const largestBlock = 2 ** 17

/**
 * The bytes of a frame: the header, and a block in each further piece. A decoder that is given one
 * block at a time makes 128 KiB from it; from a chunk of a megabyte it could make 32 GiB.
 */
async function* piecesOf(source: Reader, magic: Buffer): AsyncGenerator<Buffer> {
  const [flags = 0] = await source.take(1)
  const isSingle = (flags & 0x20) !== 0
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0
  const rest = await source.take((isSingle ? 0 : 1) + ([0, 1, 2, 4][flags & 3] ?? 0) + sizeBytes)
  const window = isSingle ? numberIn(rest.subarray(-sizeBytes)) : windowOf(rest[0] ?? 0)
  if (window > largestWindow) throw invalid(`it needs ${window} bytes of memory`)
  yield Buffer.concat([magic, Buffer.of(flags), rest])
  for (let isLast = false; !isLast; ) {
    const head = await source.take(3)
    const word = head.readUIntLE(0, 3)
    if (word >>> 3 > largestBlock) throw invalid('a block has more than 128 KiB')
    isLast = (word & 1) === 1
    const isRun = ((word >>> 1) & 3) === 1
    const hasChecksum = isLast && (flags & 4) !== 0
    yield Buffer.concat([head, await source.take((isRun ? 1 : word >>> 3) + (hasChecksum ? 4 : 0))])
  }
}

/** A little-endian number of 1, 2, 4 or 8 bytes; two bytes count from 256 (RFC 8878, 3.1.1.1.4). */
function numberIn(bytes: Buffer): number {
  if (bytes.length === 8) return Number(bytes.readBigUInt64LE())
  return bytes.readUIntLE(0, bytes.length) + (bytes.length === 2 ? 256 : 0)
}

/** An exponent in the upper five bits, and eighths in the lower three (RFC 8878, 3.1.1.1.2). */
function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3))
  return base + (base / 8) * (descriptor & 7)
}

/** zlib's own decoder, which Node has from 22.15 on, or one in JavaScript. */
function decoder(): FrameDecoder {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Duplex }
  return createZstdDecompress ? (pieces) => native(pieces, createZstdDecompress()) : inJavaScript
}

function native(pieces: AsyncIterable<Buffer>, zstd: Duplex): AsyncIterable<Uint8Array> {
  pipeline(pieces, zstd, () => {}) // ignoring: reading from zstd throws the same error
  return zstd
}

/** The last piece is marked: a frame of a few bytes is decoded only then. */
export async function* inJavaScript(pieces: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const made: Uint8Array[] = []
  const frame = new Decompress((data) => void made.push(data))
  const push = (piece: Buffer, isLast: boolean) => {
    try {
      frame.push(piece, isLast)
    } catch (cause) {
      throw invalid((cause as Error).message)
    }
  }
  let held: Buffer | undefined
  for await (const piece of pieces) {
    if (held) push(held, false)
    held = piece
    yield* made.splice(0)
  }
  if (held) push(held, true)
  yield* made
}

function invalid(why: string): Error {
  return new Error(`its zstd stream is invalid: ${why}`)
}

/** A stream of chunks, read in sizes that the reader chooses. */
interface Reader {
  isAtEnd: () => Promise<boolean>
  /** Throws if the stream ends before. */
  take: (size: number) => Promise<Buffer>
  skip: (size: number) => Promise<void>
}

function reader(chunks: AsyncIterable<Buffer>): Reader {
  const iterator = chunks[Symbol.asyncIterator]()
  let chunk: Buffer = Buffer.alloc(0)
  const isAtEnd = async () => {
    while (chunk.length === 0) {
      const { done, value } = await iterator.next()
      if (done) return true
      chunk = value
    }
    return false
  }
  const some = async (most: number) => {
    if (chunk.length === 0 && (await isAtEnd())) throw invalid('it is cut off')
    const bytes = chunk.subarray(0, most)
    chunk = chunk.subarray(bytes.length)
    return bytes
  }
  const take = async (size: number) => {
    const parts: Buffer[] = []
    for (let missing = size; missing > 0; missing -= parts.at(-1)?.length ?? 0)
      parts.push(await some(missing))
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }
  const skip = async (size: number) => {
    for (let missing = size; missing > 0; ) missing -= (await some(missing)).length
  }
  return { isAtEnd, take, skip }
}
