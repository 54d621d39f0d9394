/** Blobs: files named after the SHA-256 of their content, which is verified at every use. */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { isMissing } from '../../files.ts'
import type { Descriptor } from './oci.ts'

/** The path of a blob (image-spec, image-layout.md). `digest` must have been checked. */
export function blobPath(root: string, digest: string): string {
  return join(root, 'blobs/sha256', hexOf(digest))
}

/** The 64 hexadecimal digits of a digest that was checked. */
export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length)
}

/** The digest of everything that `hash` was updated with. */
export function digestOf(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`
}

/** The digest of `bytes`. */
export function digest(bytes: Uint8Array | string): string {
  return digestOf(createHash('sha256').update(bytes))
}

/** Most bytes of a manifest or config, which are held in memory (distribution-spec: 4 MiB). */
const largestDocument = 4 * 2 ** 20

/** Read a manifest or config whole and verify its size and digest. Throws with what is wrong. */
export function readBlob(root: string, { digest: wanted, size }: Descriptor): string {
  if (size > largestDocument) throw new Error(`is ${size} bytes long; at most ${largestDocument}`)
  const fd = openBlob(root, wanted)
  try {
    const found = fstatSync(fd).size
    if (found !== size) throw new Error(wrongSize(found, size))
    const bytes = Buffer.alloc(size)
    const got = readSync(fd, bytes)
    if (got !== size || digest(bytes) !== wanted) throw new Error(wrongContent)
    return bytes.toString('utf8')
  } finally {
    closeSync(fd)
  }
}

/**
 * Verify the size and digest of a blob of any size; throws with what is wrong. Reads at most one
 * byte more than `size`, so a file that grows cannot keep it reading.
 */
export async function verifyBlob(root: string, blob: Descriptor): Promise<void> {
  const { digest: wanted, size } = blob
  const hash = createHash('sha256')
  const fd = openBlob(root, wanted)
  const found = fstatSync(fd).size
  if (found !== size) {
    closeSync(fd)
    throw new Error(wrongSize(found, size))
  }
  const stream = createReadStream('', { fd, end: size, highWaterMark: 2 ** 18 })
  for await (const chunk of stream) hash.update(chunk as Buffer)
  if (stream.bytesRead !== size || digestOf(hash) !== wanted) throw new Error(wrongContent)
}

function openBlob(root: string, wanted: string): number {
  try {
    return openSync(blobPath(root, wanted), 'r')
  } catch (cause) {
    throw new Error(isMissing(cause) ? 'is missing' : 'cannot be read', { cause })
  }
}

/**
 * The length of the data in a gzip file of `size` bytes, modulo 2^32: its last four bytes (RFC
 * 1952, ISIZE). Throws ENOENT if the file is missing.
 */
export function gzipLength(path: string, size: number): number {
  const fd = openSync(path, 'r')
  const bytes = Buffer.alloc(4)
  readSync(fd, bytes, 0, 4, size - 4)
  closeSync(fd)
  return bytes.readUInt32LE()
}

function wrongSize(found: number, size: number): string {
  return `is ${found} bytes long and should be ${size}`
}

const wrongContent = 'does not have the content that its digest names'
