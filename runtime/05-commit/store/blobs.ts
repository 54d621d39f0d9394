/** Blobs: files named after the SHA-256 of their content, which is verified at every use. */
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, type ReadStream } from 'node:fs'
import { join } from 'node:path'
import { errnoIn, isMissing, openRegular, readOpened } from '../../files.ts'
import { digest, digestOf, hexOf } from './digest.ts'
import type { Descriptor } from './oci.ts'

/** The path of a blob (image-spec, image-layout.md). Throws if `digest` is not one. */
export function blobPath(root: string, digest: string): string {
  return join(root, 'blobs/sha256', hexOf(digest))
}

/** Most bytes of a manifest or config, which are held in memory (distribution-spec: 4 MiB). */
const largestDocument = 4 * 2 ** 20

/**
 * Read a manifest or config whole and verify its size and digest. Throws with what is wrong. It may
 * lie in its descriptor, and not in a file.
 */
export function readBlob(root: string, blob: Descriptor): string {
  if (blob.size > largestDocument)
    throw new Error(`is ${blob.size} bytes long; at most ${largestDocument}`)
  const embedded = typeof blob.data === 'string' && Buffer.from(blob.data, 'base64')
  const bytes = embedded || bytesOf(root, blob)
  if (bytes.length !== blob.size || digest(bytes) !== blob.digest) throw new Error(wrongContent)
  return bytes.toString('utf8')
}

function bytesOf(root: string, blob: Descriptor): Buffer {
  const fd = openBlob(root, blob)
  try {
    return readOpened(fd, blob.size)
  } finally {
    closeSync(fd)
  }
}

/**
 * Verify the size and digest of a blob of any size; throws with what is wrong. Reads at most one
 * byte more than its size, so a file that grows cannot keep it reading.
 */
export async function verifyBlob(root: string, blob: Descriptor): Promise<void> {
  const hash = createHash('sha256')
  const stream = streamOf(root, blob)
  for await (const chunk of stream) hash.update(chunk as Buffer)
  if (stream.bytesRead !== blob.size || digestOf(hash) !== blob.digest)
    throw new Error(wrongContent)
}

/** The bytes of a blob; of a file that grows meanwhile, one more than its size at most. */
export function streamOf(root: string, blob: Descriptor): ReadStream {
  const fd = openBlob(root, blob)
  return createReadStream('', { fd, end: blob.size, highWaterMark: 2 ** 18 })
}

/** The first bytes of a blob, at most `most`; throws with what is wrong. */
export function firstBytes(root: string, blob: Descriptor, most: number): Buffer {
  const fd = openBlob(root, blob)
  try {
    return readOpened(fd, Math.min(most, blob.size))
  } finally {
    closeSync(fd)
  }
}

/** Open a blob of the size that its descriptor says; throws with what is wrong. */
function openBlob(root: string, { digest, size }: Descriptor): number {
  const file = opened(blobPath(root, digest))
  if (file.size === size) return file.fd
  closeSync(file.fd)
  throw new Error(`is ${file.size} bytes long and should be ${size}`)
}

/** The system did not let us read a blob, which may be as it should. */
export class CannotRead extends Error {}

function opened(path: string) {
  try {
    return openRegular(path)
  } catch (cause) {
    if (cause instanceof Error && !('code' in cause)) throw cause
    if (isMissing(cause)) throw new Error('is missing', { cause })
    throw new CannotRead(`cannot be read: ${errnoIn(cause)}`, { cause })
  }
}

const wrongContent = 'does not have the content that its digest names'
