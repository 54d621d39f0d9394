/** What all pages of the book are made with. */
import type { Text } from './chapters.ts'
import type { Mention } from './sources.ts'

export interface Making {
  /** All texts, in both languages. */
  texts: Text[]
  /** Where texts speak of a source file, by its path. Grows while pages are made. */
  mentions: Map<string, Mention[]>
}
