/** Digests: the names of blobs and layers, and the only words of an image that become paths. */
import { createHash, type Hash } from 'node:crypto'

/** SHA-256 is the one algorithm that every registry has; sha512 is optional (descriptor.md). */
const pattern = /^sha256:[0-9a-f]{64}$/

/** Whether `value` is a digest that the store can have a blob of. */
export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value)
}

/**
 * The 64 hexadecimal digits of a digest. Every path of a blob or a layer is made of them and throws
 * here if the digest is anything else: `sha256:../../etc` must not become a path.
 */
export function hexOf(digest: string): string {
  if (!isDigest(digest)) throw new Error(`not a sha256 digest: ${shown(digest)}`)
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

/** A foreign value for a message: as JSON if it is not a string, and not longer than a line. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
