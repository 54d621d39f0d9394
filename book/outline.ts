/** A text's outline: its title, its parts with minutes, its sections, its second reading. */
import { Marked, type Token, type Tokens } from 'marked'
import { anchors } from './links.ts'

export interface Section {
  id: string
  title: string
  /** 2 or 3. */
  depth: number
  /** The number of the part that it belongs to; 0 in a text without parts. */
  part: number
}

export interface Part {
  number: number
  title: string
  minutes: number
}

export interface Outline {
  title: string
  parts: Part[]
  /** The sections of the first reading. */
  sections: Section[]
  /** The sections of the second reading: they are on a separate page. */
  more: Section[]
  /** The sum of the parts. */
  minutes: number
}

const partStart =
  /^(?:Part (\d+) of \d+: (.*?)|第 ?(\d+) ?部分（共 ?\d+ ?部分）：(.*?))[.。]?$/
const minutesNamed = /(?:About|about|约)\s*(\d+)\s*(?:minutes|分钟)/
const secondReading = /^## (?:Second reading: |再读：)/

/** What a paragraph says of a part that begins there: `**Part 2 of 4: the root moves.** …` */
export function partIn({ tokens, text }: Tokens.Paragraph): Part | undefined {
  const [first] = tokens
  const [, en, title, zh, chineseTitle] =
    (first?.type === 'strong' && partStart.exec((first as Tokens.Strong).text)) || []
  const number = Number(en ?? zh ?? 0)
  if (!number) return undefined
  const minutes = Number(minutesNamed.exec(text)?.[1] ?? 0)
  const name = title ?? chineseTitle ?? ''
  return { number, title: name.charAt(0).toUpperCase() + name.slice(1), minutes }
}

/** The links at the end of a text, for code hosts: pages have a navigation instead. */
const turning = /\n---\n\n\[[^\]]*\]\(\.\.\/\.\.\/README(?:[^\n]|\n(?!\n))*\n*$/

/** A text in two: the first reading, and what begins with its first `## Second reading: …`. */
export function readings(markdown: string): { main: string; more: string } {
  const text = markdown.replace(turning, '\n')
  const lines = text.split('\n')
  let isCode = false
  const at = lines.findIndex((line) => {
    if (/^(```|~~~)/.test(line)) isCode = !isCode
    return !isCode && secondReading.test(line)
  })
  if (at < 0) return { main: text, more: '' }
  const before = lines.slice(0, at).join('\n')
  return { main: before.replace(/\n---\s*$/, '\n'), more: lines.slice(at).join('\n') }
}

export function outline(markdown: string): Outline {
  const { main } = readings(markdown)
  const ids = anchors(markdown)
  const tokens = new Marked().lexer(markdown)
  const all: (Section & { isMore: boolean })[] = []
  const parts: Part[] = []
  let count = 0
  let [title, part] = ['', 0]
  const mainCount = anchors(main).length
  for (const token of tokens) {
    const begun = isParagraph(token) ? partIn(token) : undefined
    if (begun) parts.push(begun)
    part = begun?.number ?? part
    if (!isHeading(token)) continue
    const id = ids[count++] ?? ''
    const text = bare(token.text)
    if (token.depth === 1) title ||= text
    else all.push({ id, title: text, depth: token.depth, part, isMore: count > mainCount })
  }
  return {
    title,
    parts,
    sections: all.filter(({ isMore }) => !isMore),
    more: all.filter(({ isMore }) => isMore),
    minutes: parts.reduce((sum, { minutes }) => sum + minutes, 0),
  }
}

/** What a text says first, below its title. */
export function firstParagraph(markdown: string): string {
  const first = new Marked().lexer(markdown).find(isParagraph)
  return bare(first?.text ?? '').replace(/\s*\n\s*/g, ' ')
}

function bare(text: string): string {
  return text.replace(/[`*]/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
}

/** The sections of a second reading without that word, on the page that has it as its title. */
export function withoutPrefix(more: string): string {
  const start = new RegExp(`${secondReading.source}(.)`, 'gm')
  return more.replace(start, (_, letter: string) => `## ${letter.toUpperCase()}`)
}

function isHeading(token: Token): token is Tokens.Heading {
  return token.type === 'heading'
}

function isParagraph(token: Token): token is Tokens.Paragraph {
  return token.type === 'paragraph'
}
