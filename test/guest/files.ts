/** Tests. Which of the bundled kernel tests are meant. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `3` means the tests of chapter 3. */
export function chapterPath(arg: string): string {
  return /^\d{1,2}$/.test(arg) ? `chapters/${arg.padStart(2, '0')}-` : arg
}

/** The bundled files whose paths contain one of `wanted`; all without. */
export function chosen(wanted: string[]): string[] {
  const path = join(import.meta.dirname, '../../dist/guest-tests/files.json')
  const files = JSON.parse(readFileSync(path, 'utf8')) as string[]
  const parts = wanted.map(chapterPath)
  return files.filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
}
