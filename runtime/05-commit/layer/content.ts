/** Chapter 5. An archive going out: small files gathered into large pieces, large ones streamed. */
import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs'
import type { BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import { paddingOf, type Extent } from '../tar/tar.ts'
import { exact } from '../../04-overlay/upper.ts'

/** A header, and the file whose content follows it. */
export interface Part {
  header: Buffer
  content?: Content
}

export interface Content {
  /** Full path (bytes.ts). */
  path: string
  /** What the header says was true of this file. */
  stat: BigIntStats
  /** Where its data lie. */
  extents: Extent[]
}

const pieceSize = 2 ** 20

/**
 * The bytes of all parts in pieces of about a megabyte, in new memory each. Throws when a file is
 * not the one, or is no longer as it was, when its header was made.
 */
export async function* inPieces(portions: AsyncIterable<Iterable<Part>>): AsyncGenerator<Buffer> {
  let piece = Buffer.allocUnsafeSlow(pieceSize)
  let used = 0
  for await (const portion of portions) {
    for (const { header, content } of portion) {
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
      piece.fill(0, used, used + total)
      header.copy(piece, used)
      if (content) readInto(piece.subarray(used + header.length, used + total), content)
      used += total
    }
  }
  if (used > 0) yield piece.subarray(0, used)
}

/** For small files, waiting costs less than not waiting. */
function readInto(piece: Buffer, content: Content): void {
  const fd = openFile(content)
  try {
    let at = 0
    for (const { offset, length } of content.extents) {
      for (const end = at + length, position = offset - at; at < end; ) {
        const got = readSync(fd, piece, at, end - at, position + at)
        if (got === 0) throw changed(content)
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
    for (const { offset, length } of content.extents) {
      for (let done = 0; done < length; ) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(pieceSize, length - done))
        const { bytesRead } = await readFrom(fd, buffer, 0, buffer.length, offset + done)
        if (bytesRead === 0) throw changed(content)
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

/** Without O_NONBLOCK, a fifo that has taken the file's place would keep us waiting. */
function openFile({ path }: Content): number {
  return openSync(exact(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
}

/** The change time (inode(7)) tells of every change to content, length or attributes. */
function verify(fd: number, content: Content): void {
  const { dev, ino, ctimeNs } = fstatSync(fd, { bigint: true })
  const { stat } = content
  if (dev !== stat.dev || ino !== stat.ino || ctimeNs !== stat.ctimeNs) throw changed(content)
}

function changed({ path }: Content): Error {
  return new Error(`${path} changed while it was read`)
}
