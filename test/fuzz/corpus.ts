/** Tests. Inputs that once failed, which are checked before all others. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** An input in corpus/<target>.json. */
interface Kept {
  input: string
  /** What it once did. */
  because: string
}

/** The inputs that are kept for a target. */
export function corpusOf(name: string): Buffer[] {
  const path = join(import.meta.dirname, 'corpus', `${name}.json`)
  if (!existsSync(path)) return []
  const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept[]
  return kept.map(({ input }) => unpacked(input))
}

/** An input as one short word: deflated, in base64. */
export function packed(input: Uint8Array): string {
  return deflateRawSync(input, { level: 9 }).toString('base64')
}

/** The input that `packed` was given. */
export function unpacked(word: string): Buffer {
  return inflateRawSync(Buffer.from(word, 'base64'))
}
