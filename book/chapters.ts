/** The texts that become pages: chapters, and pages beside them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import type { Language } from './languages.ts'
import { root } from './links.ts'
import { outline, type Outline } from './outline.ts'

/** A text in one language, with its outline. */
export interface Text extends Outline {
  /** The name of its page, without `.html`: `03-pivot-root`, `glossary`. */
  name: string
  /** 0 for a page beside the chapters. */
  number: number
  /** Its file, relative to the checkout. */
  path: string
  language: Language
  markdown: string
}

/** The texts beside the chapters; those that exist. */
const beside = ['glossary', 'machines', 'classroom']

/** All texts of a language: the chapters in order, then the others. */
export function textsIn(language: Language): Text[] {
  const slugs = readdirSync(join(root, 'chapters'))
    .filter((name) => /^\d\d-/.test(name))
    .sort()
  const chapters = slugs.map((slug) => ({ name: slug, path: `chapters/${slug}/${language.text}` }))
  const others = beside.map((name) => ({ name, path: `chapters/${name}${language.ending}` }))
  return [...chapters, ...others]
    .filter(({ path }) => existsSync(join(root, path)))
    .map(({ name, path }) => {
      const markdown = readFileSync(join(root, path), 'utf8')
      return { name, number: parseInt(name) || 0, path, language, markdown, ...outline(markdown) }
    })
}

/** A page of a text: its name without `.html`. */
export interface Place {
  language: Language
  page: string
}

/** The page of the heading of a text. A folder stands for its text in `language`. */
export function placeOf(
  all: Text[],
  { path, heading }: { path: string; heading?: string },
  language: Language,
): Place | undefined {
  const file = /^chapters\/\d\d-[^/]+\/?$/.test(path) ? posix.join(path, language.text) : path
  const text = all.find((each) => each.path === file)
  if (!text) return undefined
  const isMore = text.more.some(({ id }) => id === heading)
  return { language: text.language, page: isMore ? `${text.name}-more` : text.name }
}
