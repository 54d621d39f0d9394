/** Complete lines of an open file, forwards and backwards, in bounded memory. */
import { readSync } from 'node:fs'

const chunkBytes = 2 ** 18

/** A longer line is damaged, and skipped: 16 KiB of output take at most 96 KiB of a record. */
const longestLine = 2 ** 22

const newline = 10

/** Whole lines, the last newline included, and where the file goes on after them. */
export interface LineBlock {
  bytes: Buffer
  end: number
}

/** Blocks of lines from the place `from` up to `to`; the bytes are good until the next one. */
export function* blocksOf(fd: number, from: number, to: number): Generator<LineBlock> {
  let room = Buffer.allocUnsafe(chunkBytes)
  for (let at = from; at < to; ) {
    const bytes = readAt(fd, room.subarray(0, Math.min(room.length, to - at)), at)
    const length = bytes.lastIndexOf(newline) + 1
    if (length > 0) {
      at += length
      yield { bytes: bytes.subarray(0, length), end: at }
    } else if (bytes.length < room.length) return // what is there is no whole line yet
    else if (room.length < longestLine) room = Buffer.allocUnsafe(room.length * 4)
    else {
      const end = endOfLine(fd, at, to)
      if (end === undefined) return
      at = end
    }
  }
}

/** The lines of a block, without their newlines. */
export function* linesOf({ bytes }: LineBlock): Generator<Buffer> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(newline, start)
    yield bytes.subarray(start, end)
    start = end + 1
  }
}

/** The complete lines of the first `size` bytes, the last one first, with the place of each. */
export function* linesBackwards(fd: number, size: number): Generator<{ line: Buffer; at: number }> {
  const room = Buffer.allocUnsafe(chunkBytes)
  let later: Buffer | undefined // the end of a line that begins before what has been read
  for (let start = size; start > 0; ) {
    const length = Math.min(room.length, start)
    start -= length
    const bytes = readAt(fd, room.subarray(0, length), start)
    let end = bytes.length
    for (;;) {
      const before = end === 0 ? -1 : bytes.lastIndexOf(newline, end - 1)
      if (before < 0) break
      const line = bytes.subarray(before + 1, end)
      if (later)
        yield { line: later.length ? Buffer.concat([line, later]) : line, at: start + before + 1 }
      later = Buffer.alloc(0) // this newline ends the line before it
      end = before
    }
    if (later && later.length < longestLine) later = Buffer.concat([bytes.subarray(0, end), later])
  }
  if (later) yield { line: later, at: 0 }
}

/** Where the line at `from` ends, behind its newline. */
function endOfLine(fd: number, from: number, to: number): number | undefined {
  const room = Buffer.allocUnsafe(chunkBytes)
  for (let at = from; at < to; ) {
    const bytes = readAt(fd, room, at)
    const found = bytes.indexOf(newline)
    if (found >= 0) return at + found + 1
    if (bytes.length === 0) return undefined
    at += bytes.length
  }
  return undefined
}

/** As many bytes of `room` as the file has from `at` on. */
function readAt(fd: number, room: Buffer, at: number): Buffer {
  let length = 0
  for (let got = -1; got !== 0 && length < room.length; length += got)
    got = readSync(fd, room, length, room.length - length, at + length)
  return room.subarray(0, length)
}
