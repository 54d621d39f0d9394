/** Tests. The bundled kernel tests that arguments select. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The part of a path that `arg` stands for: `3` is the tests of chapter 3. */
export function chapterPath(arg: string): string {
  return /^\d{1,2}$/.test(arg) ? `chapters/${arg.padStart(2, '0')}-` : arg
}

/** The bundled files whose paths contain one of `wanted`; all files if it is empty. */
export function chosen(wanted: string[]): string[] {
  const path = join(import.meta.dirname, '../../dist/guest-tests/files.json')
  const files = JSON.parse(readFileSync(path, 'utf8')) as string[]
  const parts = wanted.map(chapterPath)
  return files.filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
}
