/** Reads tar archives: a stream of chunks becomes a stream of entries, each field checked. */
import {
  globalOf,
  numberIn,
  readHeader,
  sizeIn,
  typeflagIn,
  untilNul,
  verifyChecksum,
  type RawHeader,
} from './entry.ts'
import { decodeRecords, largestExtension, type Records } from './pax.ts'
import { checkExtents, readMap, readOldSparse, type Sparse } from './sparse.ts'
import { blockSize, damaged, paddingOf, type Entry, type Extent, type Piece } from './tar.ts'

export interface TarEntry extends Entry {
  /** The data in order, without the holes. Can be read once; what is not read is skipped. */
  content: AsyncIterable<Piece>
  /** All of the content, if that is in memory: to wait for it would cost more than to use it. */
  whole?: Buffer
}

/**
 * The entries of an archive in order. Reads POSIX archives (ustar and pax), GNU ones and the form
 * before both (v7). `chunks` is read to its end. Throws if a file is cut off, if a checksum is
 * wrong, if the type of an entry is unknown, or if anything but zeros follows the end.
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = sourceOf(chunks)
  const left: Remaining = { bytes: 0, padding: 0 }
  try {
    let raw = await nextHeader(source, [])
    while (raw) {
      yield await nextEntry(source, raw, left)
      while (left.bytes > 0) left.bytes -= (await source.some(left.bytes)).length
      if (!source.held(left.padding)) await source.take(left.padding)
      raw = await nextHeader(source, raw.global)
    }
    await source.expectZeros()
  } finally {
    await source.close()
  }
}

/** The bytes of an entry's content that are still in the stream, and the padding after them. */
interface Remaining {
  bytes: number
  padding: number
}

/** The next header of a file, with the extended headers before it; undefined at the end. */
async function nextHeader(source: Source, global: Records): Promise<RawHeader | undefined> {
  const raw: RawHeader = { header: Buffer.alloc(0), global }
  for (;;) {
    const held = source.held(blockSize)
    raw.header = held ?? ((await source.isAtEnd()) ? noHeader : await source.take(blockSize))
    if (isZero(raw.header)) {
      if (raw.records || raw.path || raw.target) throw damaged('a name, and no file after it')
      return undefined
    }
    verifyChecksum(raw.header)
    const flag = typeflagIn(raw.header)
    if (!'xgLK'.includes(flag)) return raw
    const text = await extensionOf(source, sizeIn(raw.header))
    if (flag === 'g') raw.global = globalOf(raw.global, decodeRecords(text))
    else if (flag === 'x') setOnce(raw, 'records', decodeRecords(text))
    else setOnce(raw, flag === 'L' ? 'path' : 'target', untilNul(text))
  }
}

/** An archive may end without the blocks of zeros: some programs write none. */
const noHeader = Buffer.alloc(blockSize)

async function extensionOf(source: Source, size: number): Promise<Buffer> {
  if (size > largestExtension) throw damaged(`an extended header of ${size} bytes`)
  const whole = size + paddingOf(size)
  const bytes = source.held(whole) ?? (await source.take(whole))
  return bytes.subarray(0, size)
}

/**
 * Set a field that must not be set yet. Of two extended headers for one file, some readers use the
 * first and some the last, so a scanner and a runtime could see different files.
 */
function setOnce<Key extends 'records' | 'path' | 'target'>(
  raw: RawHeader,
  key: Key,
  value: RawHeader[Key],
) {
  if (raw[key] !== undefined) throw damaged('two extended headers for one file')
  raw[key] = value
}

async function nextEntry(source: Source, raw: RawHeader, left: Remaining): Promise<TarEntry> {
  const { entry, stored, sparse } = readHeader(raw)
  left.bytes = stored
  left.padding = paddingOf(stored)
  if (typeflagIn(raw.header) === 'S') {
    const old = await readOldSparse(raw.header, numberIn, source.take)
    entry.size = old.size
    entry.extents = checkExtents(old.extents ?? [], old.size, stored)
  } else if (sparse) entry.extents = await extentsOf(source, sparse, left)
  const isPlain = entry.type === 'file' && !entry.extents && stored <= largestPiece
  const whole = isPlain ? source.held(stored) : undefined
  if (whole) {
    left.bytes = 0
    return Object.assign(entry, { content: onlyPiece(whole), whole })
  }
  const extents = entry.extents ?? [{ offset: 0, length: stored }]
  return Object.assign(entry, { content: piecesOf(source, extents, left) })
}

/** Where the data are; a map at the start of the content counts as read. */
async function extentsOf(source: Source, sparse: Sparse, left: Remaining): Promise<Extent[]> {
  const take = (size: number) => {
    left.bytes -= size
    if (left.bytes < 0) throw damaged('a map of holes that is longer than its file')
    return source.take(size)
  }
  return checkExtents(sparse.extents ?? (await readMap(take)), sparse.size, left.bytes)
}

async function* onlyPiece(data: Buffer): AsyncGenerator<Piece> {
  if (data.length > 0) yield { offset: 0, data }
}

async function* piecesOf(
  source: Source,
  extents: Extent[],
  left: Remaining,
): AsyncGenerator<Piece> {
  for (const { offset, length } of extents) {
    for (let done = 0; done < length; ) {
      const data = await source.some(Math.min(length - done, largestPiece))
      left.bytes -= data.length
      yield { offset: offset + done, data }
      done += data.length
    }
  }
}

/** Most bytes of a piece: a caller may pass the whole archive as one chunk. */
const largestPiece = 2 ** 20

function isZero(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.every((byte) => byte === 0)
}

/** A stream of chunks, read in sizes that the reader chooses. */
interface Source {
  isAtEnd(): Promise<boolean>
  /** From 1 to `most` bytes; throws at the end of the stream. */
  some(most: number): Promise<Buffer>
  /** `size` bytes; throws if the stream ends before. */
  take(size: number): Promise<Buffer>
  /**
   * `size` bytes without waiting; undefined if the current chunk has fewer. Tried first: a promise
   * for each header would cost more than parsing it.
   */
  held(size: number): Buffer | undefined
  /** Read to the end; throws if anything but zeros is left. */
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
  const isAtEnd = async () => {
    while (chunk.length === 0) if (!(await refill())) return true
    return false
  }
  const some = async (most: number) => {
    if (chunk.length === 0 && (await isAtEnd())) throw damaged('it is cut off')
    return cut(most)
  }
  const take = async (size: number) => {
    const parts: Buffer[] = []
    for (let missing = size; missing > 0; missing -= parts.at(-1)?.length ?? 0)
      parts.push(await some(missing))
    return Buffer.concat(parts)
  }
  const expectZeros = async () => {
    do if (chunk.length > 0 && !isZero(chunk)) throw damaged('bytes after its end')
    while (await refill())
  }
  const close = async () => void (await iterator.return?.())
  return { held, isAtEnd, some, take, expectZeros, close }
}
