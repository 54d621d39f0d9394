/** Turns headers and files into the bytes of an archive, in pieces of about a megabyte. */
import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import { inOpened } from '../../opened.ts'
import { errnoOf } from '../../staging.ts'
import { paddingOf, type Extent } from '../tar/tar.ts'

/** A header, and the file whose content follows it. */
export interface ArchivePart {
  header: Buffer
  content?: Content
}

/** A file whose content goes into an archive. */
export interface Content {
  /** In the archive (bytes.ts). */
  path: string
  /** The file: a name in an open directory. */
  name: string
  directory: { fd: number }
  /** The file's state when its header was made. */
  stat: BigIntStats
  /** Where its data are; the holes between them are not written. */
  extents: Extent[]
  /** Others may write to it meanwhile: as many bytes are read as the header says. */
  isLive?: boolean
}

const pieceSize = 2 ** 20

/**
 * The bytes of all parts. Small files are gathered into pieces of about a megabyte, because hashing
 * and compressing many small chunks costs more than copying them together; large files are read in
 * pieces of that size. Each piece is new memory, so the receiver may keep it.
 *
 * Throws if a file was replaced or changed since its header was made: the header's size and the
 * content would not match, and the archive would be damaged. A live one may grow.
 */
export async function* inPieces(
  batches: AsyncIterable<Iterable<ArchivePart>>,
): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafeSlow(pieceSize)
  let used = 0
  for await (const batch of batches) {
    for (const { header, content } of batch) {
      const length = content?.extents.reduce((sum, each) => sum + each.length, 0) ?? 0
      const total = header.length + length + paddingOf(length)
      const isLarge = total > pieceSize / 4
      if (used > 0 && (isLarge || used + total > pieceSize)) {
        yield piece.subarray(0, used)
        piece = Buffer.allocUnsafeSlow(pieceSize)
        used = 0
      }
      if (isLarge) {
        yield header
        if (content) yield* stream(content)
        yield Buffer.alloc(paddingOf(length))
        continue
      }
      // Zeros first: the padding is part of the piece, and its memory is not cleared.
      piece.fill(0, used, used + total)
      header.copy(piece, used)
      if (content) readInto(piece.subarray(used + header.length, used + total), content)
      used += total
    }
  }
  if (used > 0) yield piece.subarray(0, used)
}

/** Read synchronously: for a small file the thread pool's round trip costs more than the read. */
function readInto(piece: Buffer, content: Content): void {
  const fd = openFile(content)
  try {
    verify(fd, content)
    let at = 0
    for (const { offset, length } of content.extents) {
      for (const end = at + length, position = offset - at; at < end; ) {
        const got = readSync(fd, piece, at, end - at, position + at)
        if (got === 0) throw changed(content.path)
        at += got
      }
    }
    verify(fd, content)
  } finally {
    closeSync(fd)
  }
}

async function* stream(content: Content): AsyncGenerator<Buffer> {
  const fd = openFile(content)
  try {
    verify(fd, content)
    for (const { offset, length } of content.extents) {
      for (let done = 0; done < length; ) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(pieceSize, length - done))
        const { bytesRead } = await readFrom(fd, buffer, 0, buffer.length, offset + done)
        if (bytesRead === 0) throw changed(content.path)
        yield buffer.subarray(0, bytesRead)
        done += bytesRead
      }
    }
    verify(fd, content)
  } finally {
    closeSync(fd)
  }
}

const readFrom = promisify(read)

/**
 * O_NOFOLLOW: a symlink put in the file's place must not lead to the host's files. O_NONBLOCK: to
 * open a fifo put in its place would wait for a writer (fifo(7)), and to read it for data.
 */
function openFile(content: Content): number {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  try {
    return openSync(inOpened(content.directory.fd, content.name), flags)
  } catch (error) {
    // Gone; a symlink; a socket, or a device without a driver: all of them are other files.
    if (!['ENOENT', 'ELOOP', 'ENXIO', 'ENODEV'].includes(errnoOf(error) ?? '')) throw error
    throw changed(content.path)
  }
}

/** Every change to content, length or attributes also sets the change time (inode(7), ctime). */
function verify(fd: number, { path, stat, isLive = false }: Content): void {
  const { dev, ino, ctimeNs } = fstatSync(fd, { bigint: true })
  const isSame = dev === stat.dev && ino === stat.ino
  if (!isSame || (ctimeNs !== stat.ctimeNs && !isLive)) throw changed(path)
}

/** The error for a file that is not what it was a moment ago. */
export function changed(path: string): Error {
  return new Error(`/${path} changed while it was read`)
}
