/** The glossary's terms: the book links the first use of each in a chapter. */
import { Marked, type Token, type Tokens } from 'marked'
import { anchors } from './links.ts'

export interface Term {
  /** The anchor of its entry. */
  id: string
  /** What it says first, as a hint. */
  hint: string
  /** A system call: its name is a term where it stands as code, and else a word like others. */
  isCall: boolean
}

export interface Glossary {
  /** Any of the terms, the longest first. */
  pattern: RegExp
  /** By its spelling, in small letters. */
  terms: Map<string, Term>
}

/**
 * Read a glossary: `### term` begins an entry. `### 控制组（control group，cgroup）` is one of three
 * spellings.
 */
export function readGlossary(markdown: string): Glossary {
  const ids = anchors(markdown)
  const terms = new Map<string, Term>()
  let at = -1
  let entry: Term | undefined
  for (const token of new Marked().lexer(markdown)) {
    if (isHeading(token)) {
      at++
      entry = token.depth === 3 ? { id: ids[at] ?? '', hint: '', isCall: false } : undefined
      if (entry) for (const spelling of spellings(token.text)) terms.set(spelling, entry)
    } else if (entry && !entry.hint && token.type === 'paragraph') {
      const { text } = token as Tokens.Paragraph
      entry.hint = firstSentence(text)
      entry.isCall = [...terms].some(([name, of]) => of === entry && text.includes(`[${name}(2)`))
    }
  }
  const inProse = [...terms.keys()].filter((name) => terms.get(name)?.isCall === false)
  const all = inProse.sort((a, b) => b.length - a.length)
  const forms = all.map((term) => {
    return /^[\w ().-]+$/.test(term) ? `\\b${escaped(term)}s?\\b` : escaped(term)
  })
  return { pattern: new RegExp(forms.join('|') || '(?!)', 'giu'), terms }
}

/** The entry of a word of a text; plurals are of the entry of the singular. */
export function termOf({ terms }: Glossary, word: string): Term | undefined {
  const small = word.toLowerCase()
  return terms.get(small) ?? terms.get(small.replace(/s$/, ''))
}

function spellings(heading: string): string[] {
  const [, first = '', others = ''] = /^([^（(]*)(?:[（(](.*)[）)])?$/.exec(heading) ?? []
  return [first, ...others.split(/[，,、]/)]
    .map((each) => each.replace(/[`*]/g, '').trim().toLowerCase())
    .filter((each) => each.length > 1)
}

function firstSentence(text: string): string {
  const bare = text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')
  const line = bare.replace(/\s*\n\s*/g, ' ')
  return /^.*?(?:[。]|\.(?= |$))/.exec(line)?.[0] ?? line
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function isHeading(token: Token): token is Tokens.Heading {
  return token.type === 'heading'
}
