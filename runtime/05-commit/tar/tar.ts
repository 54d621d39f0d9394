/** A tar archive's entry as data, and the layout of its 512-byte header. */

/**
 * One file in an archive.
 *
 * An archive is a sequence of entries: a header of 512 bytes, then the content, padded with zeros
 * to a multiple of 512. Two blocks of zeros end it. The fields of the header are as narrow as in
 * 1979; what does not fit goes into an extended header, a separate entry before this one (pax.ts).
 * Files with holes have a map of their data (sparse.ts).
 */
export interface Entry {
  /** The archive's bytes (bytes.ts), without the slash that ends the name of a directory. */
  path: string
  type: EntryType
  /** Permissions, set-user-id, set-group-id and sticky bits: 0 to 0o7777. */
  mode: number
  uid: number
  gid: number
  /** Length of the file in bytes, holes included; 0 if `type` is not `file`. */
  size: number
  /** Modification time in nanoseconds since 1970. */
  mtimeNs: bigint
  /** Where a symlink points, or the earlier name that a hard link repeats; otherwise empty. */
  target: string
  /** Device numbers of a character or block device; otherwise 0:0. */
  device: { major: number; minor: number }
  xattrs: Xattr[]
  /** In a file with holes, where the data are, in order. */
  extents?: Extent[]
}

/** An extended attribute (xattr(7)). */
export interface Xattr {
  name: string
  value: Uint8Array
}

/** A range of a file, in bytes. */
export interface Extent {
  offset: number
  length: number
}

/** Bytes of a file, and their offset in it. */
export interface Piece {
  offset: number
  data: Buffer
}

/** The byte of the header that says what kind of file an entry is (POSIX, pax, typeflag). */
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

/** Bytes in a block, the unit of an archive. */
export const blockSize = 512

/** Offset and width of each field in bytes (POSIX.1-2017, pax, "ustar Interchange Format"). */
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

/** The checksum of a header: the sum of its bytes, with the checksum field taken as spaces. */
export function checksumOf(header: Uint8Array): number {
  const [offset, width] = fields.checksum
  let sum = width * 32
  for (let at = 0; at < offset; at++) sum += header[at] ?? 0
  for (let at = offset + width; at < blockSize; at++) sum += header[at] ?? 0
  return sum
}

/** The number of zeros that pad `size` bytes of content to whole blocks. */
export function paddingOf(size: number): number {
  return (blockSize - (size % blockSize)) % blockSize
}

/** The error for an archive that breaks the rules of the format. */
export function damaged(why: string): Error {
  const error = new Error(`the archive is damaged: ${why}`)
  const { message } = error
  // A name in it may have a million characters: what is said of it, at both ends, is kept.
  if (message.length > 1000) error.message = [message.slice(0, 500), message.slice(-500)].join('…')
  return error
}
