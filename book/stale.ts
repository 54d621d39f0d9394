/** Which sections of a translation are older than the English that they were made from. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Text } from './chapters.ts'
import { anchors, root } from './links.ts'

/** Of each English section at the time of its translation: a hash, by the section's anchor. */
type Translated = Record<string, string>

/** The hash of each section, by anchor. Code does not count: it is the same in both languages. */
export function sectionHashes(markdown: string): Translated {
  const prose = markdown.replace(/^(```+)[^]*?^\1/gm, '')
  const ids = anchors(markdown)
  const sections = prose.split(/^(?=#{1,6} )/m).filter((part) => /^#{1,6} /.test(part))
  const words = sections.map((section) => section.replace(/\s+/g, ' ').trim())
  return Object.fromEntries(
    words.map((text, at) => {
      return [ids[at] ?? '', createHash('sha256').update(text).digest('hex').slice(0, 12)]
    }),
  )
}

/** The anchors of the English sections that are not as they were, or are new. */
export function changedSince(recorded: Translated, english: string): string[] {
  return Object.entries(sectionHashes(english))
    .filter(([id, hash]) => recorded[id] !== hash)
    .map(([id]) => id)
}

/** The anchors, in the translation, of sections that are older than their English. */
export function staleIn(text: Text, english: Text | undefined): Set<string> {
  const recorded = english ? recordOf(text.name) : undefined
  if (!english || !recorded || text.language.tag === 'en') return new Set()
  const ids = anchors(english.markdown)
  const own = anchors(text.markdown)
  return new Set(changedSince(recorded, english.markdown).map((id) => own[ids.indexOf(id)] ?? ''))
}

/** Note that the translation of a chapter is up to date. */
export function recordTranslated({ name, markdown }: Text): void {
  writeFileSync(pathOf(name), `${JSON.stringify(sectionHashes(markdown), null, 2)}\n`)
}

function recordOf(slug: string): Translated | undefined {
  const path = pathOf(slug)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Translated) : undefined
}

function pathOf(slug: string): string {
  return join(root, 'chapters', slug, 'translated.json')
}
