/** Tests. A disk that remembers every write, and what a power cut leaves of it. */

/** A disk is written block by block, each whole or not at all, as one with 4096-byte sectors is. */
export const blockBytes = 4096

/** A disk by its blocks. A block that is not there holds zeros; one that is there never changes. */
export type Disk = Map<number, Uint8Array>

/**
 * What a machine asked of a disk, in order. A disk with a cache may keep a write in it until the
 * next flush; one that is `isForced` (FUA) is on the medium when it is answered.
 */
export type Entry =
  | { kind: 'write'; block: number; data: Uint8Array; isForced: boolean }
  | { kind: 'flush' }

/**
 * The disk as it is found when the power fails after the first `at` entries of `log`: all that was
 * written before the last flush, and of what was written since, in whatever order the disk's cache
 * happened to choose, the blocks that `survives` says. It is asked once for each.
 */
export function afterCut(
  before: Disk,
  log: Entry[],
  { at, survives }: { at: number; survives: () => boolean },
): Disk {
  const done = log.slice(0, at)
  const flushed = done.findLastIndex(({ kind }) => kind === 'flush')
  const disk = new Map(before)
  for (const [index, entry] of done.entries()) {
    if (entry.kind === 'flush') continue
    if (index < flushed || entry.isForced || survives()) disk.set(entry.block, entry.data)
  }
  return disk
}

/** Take `bytes` for a whole disk. */
export function diskOf(bytes: Uint8Array): Disk {
  const disk: Disk = new Map()
  for (let block = 0; block * blockBytes < bytes.length; block++) {
    const data = bytes.subarray(block * blockBytes, (block + 1) * blockBytes)
    if (data.some((byte) => byte !== 0)) disk.set(block, data)
  }
  return disk
}

/** Copy what `disk` holds from byte `offset` on into `target`; both are a number of blocks. */
export function readInto(target: Uint8Array, disk: Disk, offset: number): void {
  for (let at = 0; at < target.length; at += blockBytes) {
    const data = disk.get((offset + at) / blockBytes)
    if (data) target.set(data, at)
    else target.fill(0, at, at + blockBytes)
  }
}
