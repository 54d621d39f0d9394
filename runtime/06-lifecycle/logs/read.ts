/** A container's log, read: across its files, from its end, between two times, as it grows. */
import { fstatSync } from 'node:fs'
import { closeFiles, newerThan, openFiles, type OpenFile } from './files.ts'
import { blocksOf, linesBackwards, linesOf, type LineBlock } from './lines.ts'
import { recordIn, type LogRecord } from './record.ts'
import { recordTimeNow } from './times.ts'

export interface ReadOptions {
  /** Only so many records, the last ones; without it all. */
  tail?: number
  /** Of these, those that are not older, and those that are not newer. */
  since?: string
  until?: string
}

/** For a log that is followed: how it is known that it grows. */
export interface Following {
  /** Whether the container has ended: what the log does not have by then, it will not have. */
  isOver: () => boolean
  /** Resolves when something may have changed since this was called last. */
  change: () => Promise<void>
  /** Called when the log was rotated faster than it was read. */
  onGap: () => void
}

/** A place in a log: in the first of these files, the others follow it. */
interface Place {
  files: OpenFile[]
  at: number
}

/**
 * The records of the log at `path`, some at a time, in bounded memory. Damaged ones are left out.
 * Without `following` it ends where the log ended at the beginning.
 */
export async function* readLog(
  path: string,
  options: ReadOptions,
  following?: Following,
): AsyncGenerator<LogRecord[]> {
  const place: Place = { files: openFiles(path), at: 0 }
  try {
    if (options.tail !== undefined) skipTo(place, options.tail)
    for (;;) {
      const isOver = !following || following.isOver() // before the end of the log is looked for
      for (const block of blocksFrom(place, following !== undefined)) {
        const { records, isPast } = chosen(block, options)
        if (records.length > 0) yield records
        if (isPast) return
      }
      if (!following) return
      const newer = newerThan(place.files[0], path)
      place.files.push(...newer.files)
      if (newer.isGap) following.onGap()
      if (newer.files.length > 0) continue // and there may be more in the file before them
      if (isOver || (options.until !== undefined && recordTimeNow() > options.until)) return
      await following.change()
    }
  } finally {
    closeFiles(place.files)
  }
}

/** Go on to the place before the last `count` records. */
function skipTo(place: Place, count: number): void {
  const { files } = place
  let left = count
  for (let index = files.length - 1; index >= 0; index--) {
    const { fd, size } = files[index] as OpenFile
    for (const { line, at } of linesBackwards(fd, size)) {
      if (left > 0 && recordIn(line)) left--
      if (left > 0) continue
      place.at = count === 0 ? at + line.length + 1 : at
      return closeFiles(files.splice(0, index))
    }
    if (count === 0) return closeFiles(files.splice(0, index)) // no line in it yet
  }
}

/** Blocks from `place` to the end of the last file, which becomes the place. */
function* blocksFrom(place: Place, isGrowing: boolean): Generator<LineBlock> {
  for (let file = place.files[0]; file; file = place.files[0]) {
    if (fstatSync(file.fd).size < place.at) place.at = 0 // somebody has emptied it
    for (const block of blocksOf(file.fd, place.at, isGrowing ? Infinity : file.size)) {
      place.at = block.end
      yield block
    }
    if (place.files.length === 1) return
    closeFiles(place.files.splice(0, 1))
    place.at = 0
  }
}

/** The records of a block that are asked for, and whether later ones are no more. */
function chosen(block: LineBlock, { since = '', until }: ReadOptions) {
  const records: LogRecord[] = []
  for (const line of linesOf(block)) {
    const record = recordIn(line)
    if (!record || record.time < since) continue
    if (until !== undefined && record.time > until) return { records, isPast: true }
    records.push(record)
  }
  return { records, isPast: false }
}
