/** The page of a chapter's code: what its text shows is linked, what it leaves out is here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, posix } from 'node:path'
import type { Text } from './chapters.ts'
import { escapeHtml, highlight } from './highlight.ts'
import { upFrom } from './layout.ts'
import { root } from './links.ts'
import type { Making } from './making.ts'
import { sourceName, type Mention } from './sources.ts'
import { symbolIn } from './symbols.ts'

/** The files that a chapter adds to the program: its list, its planners, its calls in C. */
export function modulesOf(slug: string): string[] {
  const folder = `runtime/${slug}`
  const names = existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    : []
  const own = names.filter((name) => name.endsWith('.ts')).sort()
  const native = `native/${slug}.c`
  return [
    `chapters/${slug}/plan.ts`,
    ...own.map((name) => posix.join(folder, name)),
    ...(existsSync(join(root, native)) ? [native] : []),
  ]
}

/** The modules that the chapter's text does not speak of, with the reason. */
export function unlinkedIn(slug: string): Record<string, string> {
  const path = join(root, 'chapters', slug, 'unlinked.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>) : {}
}

/** To be made after the pages of the text: it says what they show. */
export function codePage(text: Text, making: Making): string {
  const { name, language } = text
  const { words } = language
  const unlinked = unlinkedIn(name)
  const spoken = modulesOf(name).filter((path) => unlinked[path] === undefined)
  const listed = modulesOf(name).filter((path) => unlinked[path] !== undefined)
  for (const path of [...spoken, ...listed])
    if (!making.mentions.has(path)) making.mentions.set(path, [])
  const up = upFrom(`${language.dir}${name}-code.html`)
  const modules = spoken.map((path) => moduleHtml(path, text, making))
  const rows = listed.map((path) => {
    const reason = escapeHtml(unlinked[path] ?? '')
    return `<tr><td><a href="${up}${sourceName(path)}">${path}</a></td><td>${reason}</td></tr>`
  })
  const table = `<h2 id="unlinked">${words.unlinked}</h2>
<p>${words.unlinkedSaid}</p>
<div class="wide" tabindex="0"><table><tbody>
${rows.join('\n')}
</tbody></table></div>`
  return `<h1>${words.code}</h1>
<p>${words.codeSaid}</p>
${modules.join('\n')}
${rows.length ? table : ''}`
}

function moduleHtml(path: string, text: Text, making: Making): string {
  const { language } = text
  const up = upFrom(`${language.dir}${text.name}-code.html`)
  const source = readFileSync(join(root, path), 'utf8')
  const shown = (making.mentions.get(path) ?? []).filter((mention) => isOf(mention, text))
  const clause = /^\/\*\*? ?([^]*?)(?:\n \*\n|\*\/)/.exec(source)?.[1] ?? ''
  const about = clause.replace(/\n \* ?/g, ' ').replace(/^\s*\* ?/, '').trim()
  const links = shown.map(({ page, symbol }) => {
    const file = page.slice(language.dir.length)
    return `<a href="${file}#code-${symbol}"><code>${symbol}</code></a>`
  })
  const names = new Set(shown.map(({ symbol }) => symbol))
  const figures = restOf(source, names).map((code) => {
    return `<pre><code tabindex="0">${highlight(code, extname(path).slice(1))}</code></pre>`
  })
  const seen = links.length ? `<p>${language.words.shownIn} ${links.join(', ')}</p>\n` : ''
  return `<h2 id="${path.replaceAll('/', '.')}"><a href="${up}${sourceName(path)}">${path}</a></h2>
${about ? `<p lang="en">${withCode(about)}</p>\n` : ''}${seen}${figures.join('\n')}`
}

function withCode(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}

/** What is left of a module without its first comment, its imports, and what the text shows. */
export function restOf(source: string, shown: Set<string | undefined>): string[] {
  let left = source.replace(/^\/\*[^]*?\*\/\n/, '').replace(imports, '')
  for (const symbol of shown) {
    const { code } = symbolIn(source, symbol ?? '') ?? { code: '' }
    if (code) left = left.replace(code, () => cut)
  }
  const chunks = left.split(cut).map((chunk) => chunk.replace(/\n{3,}/g, '\n\n').trim())
  return chunks.filter(Boolean)
}

/** A character that is in no source. */
const cut = '\0'
const imports = /^(?:import [^]*?from '.*'|import '.*'|#include .*)\n/gm

function isOf({ page, isShown, language }: Mention, text: Text): boolean {
  const name = page.slice(language.dir.length).replace(/(-more)?\.html$/, '')
  return isShown && language === text.language && name === text.name
}
