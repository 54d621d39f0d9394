/** The target of a link in a text: a chapter, a file, or a symbol of a file. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { nearest, symbolIn, symbolsOf, type Excerpt } from './symbols.ts'

export const root = join(import.meta.dirname, '..')

/** Numbers by group and name. */
export type Figures = Record<string, Record<string, number>>

/** The target of a relative link. `path` is relative to the checkout. */
export interface Target {
  path: string
  /** The name of a top-level declaration: `../../runtime/root.ts#pivotRoot`. */
  symbol?: string
  /** The heading of a text: `../04-overlay/README.md#copy-up`. */
  heading?: string
  /** The name of a number in a file of data: `../figures.json#namespaces.calls`. */
  figure?: string
}

/**
 * Follow `href` from the file `from`. Undefined for a link to another site; throws if there is no
 * such target, and names the nearest one that exists.
 */
export function follow(href: string, from: string): Target | undefined {
  if (/^[a-z]+:/.test(href)) return undefined
  const [place = '', fragment] = href.split('#') as [string, string?]
  const path = place ? posix.normalize(posix.join(posix.dirname(from), decodeURI(place))) : from
  const nowhere = (what: string, instead: string | undefined): Error =>
    new Error(`${from}: ${href}: no ${what}${instead ? `; nearest: ${instead}` : ''}`)
  if (path.startsWith('../')) throw nowhere('place in this repository', undefined)
  if (!existsSync(join(root, path))) throw nowhere('such file', nearest(path, filesAround(path)))
  if (!fragment) return { path }
  if (path.endsWith('/figures.json')) {
    if (figureAt({ path, figure: fragment }) !== undefined) return { path, figure: fragment }
    throw nowhere('such figure', nearest(fragment, figuresIn(path)))
  }
  if (!path.endsWith('.md')) {
    const source = read(path)
    if (symbolIn(source, fragment)) return { path, symbol: fragment }
    throw nowhere('such symbol', nearest(fragment, symbolsOf(source)))
  }
  const heading = decodeURIComponent(fragment)
  const headings = anchors(read(path))
  if (headings.includes(heading)) return { path, heading }
  throw nowhere('such heading', nearest(heading, headings))
}

/** The source code of a target that has a symbol. */
export function excerptOf({ path, symbol = '' }: Target): Excerpt {
  return symbolIn(read(path), symbol) ?? { code: '', line: 1 }
}

/** The number that a target names. */
export function figureAt({ path, figure = '' }: Target): number | undefined {
  const [group = '', name = ''] = figure.split('.')
  return (JSON.parse(read(path)) as Figures)[group]?.[name]
}

/** As the texts write numbers: 1,200. */
export function inDigits(value: number): string {
  return value.toLocaleString('en-US')
}

function figuresIn(path: string): string[] {
  const groups = Object.entries(JSON.parse(read(path)) as Figures)
  return groups.flatMap(([group, own]) => Object.keys(own).map((name) => `${group}.${name}`))
}

/** The anchors of all headings of a text, in order, by the rules of GitHub. */
export function anchors(markdown: string): string[] {
  const text = markdown.replace(/^(```+)[^]*?^\1/gm, '')
  const seen = new Map<string, number>()
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = '']) => {
    const bare = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(bare) ?? 0
    seen.set(bare, count + 1)
    return count ? `${bare}-${count}` : bare
  })
}

/** The destinations of all links of a text, except for those in code. */
export function linksIn(markdown: string): string[] {
  const text = markdown.replace(/^(```+)[^]*?^\1/gm, '').replace(/`[^`\n]*`(?!\])/g, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, href = '']) => href)
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** The files in the deepest parent folder of `path` that exists. */
function filesAround(path: string): string[] {
  let dir = posix.dirname(path)
  while (!existsSync(join(root, dir)) || !statSync(join(root, dir)).isDirectory())
    dir = posix.dirname(dir)
  return readdirSync(join(root, dir)).map((name) => posix.join(dir, name))
}
