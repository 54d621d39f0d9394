/** Chapter 5. Tar archives: what an entry says of a file, and where in its 512 bytes it says it. */

/**
 * An archive is a row of entries: a header of 512 bytes, then the content, filled up with zeros to
 * a multiple of 512; at the end, zeros. The fields of the header are as small as in 1979, so what
 * does not fit goes into an entry of its own before it (tar-pax.ts); files with holes have a map of
 * them (tar-sparse.ts).
 */
export interface Entry {
  /**
   * As the archive has it, byte for byte (bytes.ts), but for the slash after a directory's name.
   */
  path: string
  type: EntryType
  /** Permissions with the set-user-id, set-group-id and sticky bits: 0–0o7777. */
  mode: number
  uid: number
  gid: number
  /** Length of the content in bytes, holes included; 0 for everything but files. */
  size: number
  /** Nanoseconds since 1970. */
  mtimeNs: bigint
  /** Where a symlink leads, or the earlier name of the same file; else empty. */
  target: string
  /** Which device a character or block device is; else 0:0. */
  device: { major: number; minor: number }
  xattrs: Xattr[]
  /** Where the content of a file with holes has data, in order. */
  extents?: Extent[]
}

/** An extended attribute (xattr(7)); its value is bytes. */
export interface Xattr {
  name: string
  value: Uint8Array
}

/** A stretch of a file, in bytes. */
export interface Extent {
  offset: number
  length: number
}

/** Bytes of a file, and where in it they belong. */
export interface Piece {
  offset: number
  data: Buffer
}

export const typeflags = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
} as const

export type EntryType = keyof typeof typeflags

export const blockSize = 512

/** Offset and width of each field (POSIX.1-2017, pax, "ustar Interchange Format"). */
export const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeflag: [156, 1],
  linkname: [157, 100],
  magic: [257, 8],
  major: [329, 8],
  minor: [337, 8],
  prefix: [345, 155],
} as const

export type Field = readonly [offset: number, width: number]

/** The sum of all bytes of a header, with its checksum field taken as spaces. */
export function checksumOf(header: Uint8Array): number {
  const [offset, width] = fields.checksum
  let sum = width * 32
  for (let at = 0; at < offset; at++) sum += header[at] ?? 0
  for (let at = offset + width; at < blockSize; at++) sum += header[at] ?? 0
  return sum
}

/** How many zeros follow `size` bytes of content. */
export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize
}

/** What is thrown when an archive is not as it should be. */
export function damaged(what: string): Error {
  return new Error(`the archive is damaged: ${what}`)
}
