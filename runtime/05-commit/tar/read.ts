/** Chapter 5. Reading tar archives: a stream in, entries out, and nothing in it is believed. */
import {
  globalOf,
  numberIn,
  readHeader,
  sizeIn,
  typeflagIn,
  untilNul,
  verifyChecksum,
  type Said,
} from './entry.ts'
import { decodeRecords, largestExtension, type Records } from './pax.ts'
import { checkExtents, readMap, readOldSparse, type Sparse } from './sparse.ts'
import { blockSize, damaged, paddingOf, type Entry, type Extent, type Piece } from './tar.ts'

export interface TarEntry extends Entry {
  /** The data, once and in order, without the holes. What is not taken is skipped. */
  content: AsyncIterable<Piece>
}

/**
 * The entries of an archive, in order: of POSIX (ustar, pax) and GNU form and of the one before
 * them. `chunks` is read to its end. Throws when the archive is cut off, when a checksum is wrong,
 * when an entry is of a type that is not known, and when anything but zeros follows the block of
 * zeros that ends it.
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = sourceOf(chunks)
  const left: Left = { bytes: 0, padding: 0 }
  try {
    let said = await nextHeader(source, [])
    while (said) {
      yield await nextEntry(source, said, left)
      while (left.bytes > 0) left.bytes -= (await source.some(left.bytes)).length
      if (!source.held(left.padding)) await source.take(left.padding)
      said = await nextHeader(source, said.global)
    }
    await source.expectZeros()
  } finally {
    await source.close()
  }
}

/** How much of an entry's content is still in the stream, and how many zeros follow it. */
interface Left {
  bytes: number
  padding: number
}

/**
 * The header of the next file, and what entries of other types said of it; undefined at the end.
 */
async function nextHeader(source: Source, global: Records): Promise<Said | undefined> {
  const said: Said = { header: Buffer.alloc(0), global }
  for (;;) {
    said.header = source.held(blockSize) ?? (await source.take(blockSize))
    if (isZero(said.header)) {
      if (said.records || said.path || said.target) throw damaged('a name, and no file after it')
      return undefined
    }
    verifyChecksum(said.header)
    const flag = typeflagIn(said.header)
    if (!'xgLK'.includes(flag)) return said
    const text = await extensionOf(source, sizeIn(said.header))
    if (flag === 'g') said.global = globalOf(said.global, decodeRecords(text))
    else if (flag === 'x') once(said, 'records', decodeRecords(text))
    else once(said, flag === 'L' ? 'path' : 'target', untilNul(text))
  }
}

async function extensionOf(source: Source, size: number): Promise<Buffer> {
  if (size > largestExtension) throw damaged(`an extended header of ${size} bytes`)
  const whole = size + paddingOf(size)
  const bytes = source.held(whole) ?? (await source.take(whole))
  return bytes.subarray(0, size)
}

/** Of two that contradict each other one reader would believe the first, another the second. */
function once<Key extends 'records' | 'path' | 'target'>(said: Said, key: Key, value: Said[Key]) {
  if (said[key] !== undefined) throw damaged('two extended headers for one file')
  said[key] = value
}

async function nextEntry(source: Source, said: Said, left: Left): Promise<TarEntry> {
  const { entry, stored, sparse } = readHeader(said)
  left.bytes = stored
  left.padding = paddingOf(stored)
  if (typeflagIn(said.header) === 'S') {
    const old = await readOldSparse(said.header, numberIn, source.take)
    entry.size = old.size
    entry.extents = checkExtents(old.extents ?? [], old.size, stored)
  } else if (sparse) entry.extents = await extentsOf(source, sparse, left)
  const extents = entry.extents ?? [{ offset: 0, length: stored }]
  return Object.assign(entry, { content: piecesOf(source, extents, left) })
}

async function extentsOf(source: Source, sparse: Sparse, left: Left): Promise<Extent[]> {
  const take = (size: number) => {
    left.bytes -= size
    if (left.bytes < 0) throw damaged('a map of holes that is longer than its file')
    return source.take(size)
  }
  return checkExtents(sparse.extents ?? (await readMap(take)), sparse.size, left.bytes)
}

async function* piecesOf(source: Source, extents: Extent[], left: Left): AsyncGenerator<Piece> {
  for (const { offset, length } of extents) {
    for (let done = 0; done < length; ) {
      const data = await source.some(Math.min(length - done, largestPiece))
      left.bytes -= data.length
      yield { offset: offset + done, data }
      done += data.length
    }
  }
}

/** A caller may hand us the whole archive as one chunk. */
const largestPiece = 2 ** 20

function isZero(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.every((byte) => byte === 0)
}

interface Source {
  /** At least one byte and at most so many; throws at the end of the stream. */
  some(most: number): Promise<Buffer>
  /** So many bytes; throws when there are not. */
  take(size: number): Promise<Buffer>
  /** The same without waiting, which is cheaper; undefined when they are not all here yet. */
  held(size: number): Buffer | undefined
  /** Throws unless all that is left in the stream is zeros. */
  expectZeros(): Promise<void>
  close(): Promise<void>
}

function sourceOf(chunks: AsyncIterable<Uint8Array>): Source {
  const iterator = chunks[Symbol.asyncIterator]()
  let chunk: Buffer = Buffer.alloc(0)
  const refill = async () => {
    const { done, value } = await iterator.next()
    if (!done) chunk = Buffer.from(value.buffer, value.byteOffset, value.length)
    return !done
  }
  const cut = (size: number) => {
    const bytes = chunk.subarray(0, size)
    chunk = chunk.subarray(bytes.length)
    return bytes
  }
  const held = (size: number) => (size <= chunk.length ? cut(size) : undefined)
  const some = async (most: number) => {
    while (chunk.length === 0) if (!(await refill())) throw damaged('it is cut off')
    return cut(most)
  }
  const take = async (size: number) => {
    const parts: Buffer[] = []
    for (let missing = size; missing > 0; missing -= parts.at(-1)?.length ?? 0)
      parts.push(await some(missing))
    return Buffer.concat(parts)
  }
  const expectZeros = async () => {
    do if (chunk.length > 0 && !isZero(chunk)) throw damaged('more follows after its end')
    while (await refill())
  }
  const close = async () => void (await iterator.return?.())
  return { held, some, take, expectZeros, close }
}
