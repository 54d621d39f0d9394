/** Chapter 5. Blobs: files named by the SHA-256 of their content, which is checked at every use. */
import { createHash, type Hash } from 'node:crypto'
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { isMissing } from '../../files.ts'
import type { Descriptor } from './oci.ts'

export function blobPath(root: string, digest: string): string {
  return join(root, 'blobs/sha256', hexOf(digest))
}

/** The 64 digits of a digest that was checked. */
export function hexOf(digest: string): string {
  return digest.slice('sha256:'.length)
}

/** The digest that `hash` has come to. */
export function digestOf(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`
}

/** The digest of `bytes`. */
export function digest(bytes: Uint8Array | string): string {
  return digestOf(createHash('sha256').update(bytes))
}

/** Manifests and configurations larger than this are refused, as registries refuse them. */
const largestDocument = 4 * 2 ** 20

/**
 * Read a small blob whole, with its size and digest checked. The error says what is wrong with it.
 */
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
 * Check the size and digest of a blob of any size. Reads at most a byte more than it should have.
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

function wrongSize(found: number, size: number): string {
  return `is ${found} bytes long and should be ${size}`
}

const wrongContent = 'does not have the content that its digest names'
