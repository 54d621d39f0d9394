/** Pages of source files: with line numbers, an anchor for each declaration, and the way back. */
import { readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { Text } from './chapters.ts'
import { escapeHtml, highlight } from './highlight.ts'
import { languages, type Language } from './languages.ts'
import { layout, upFrom } from './layout.ts'
import { root } from './links.ts'
import { symbolIn, symbolsOf } from './symbols.ts'

/** Where a text shows a symbol of a file, or links to the file. */
export interface Mention {
  /** The path of the page. */
  page: string
  /** The title of the text. */
  title: string
  language: Language
  /** The symbol; none for a link to the whole file. */
  symbol?: string
  /** The symbol's source is in the page, at `code-…`. */
  isShown: boolean
}

export function sourceName(path: string): string {
  return `source/${path.replaceAll('/', '.')}.html`
}

/** A file of the checkout as a page. `mentions` are where texts speak of it. */
export function sourcePage(path: string, mentions: Mention[], texts: Text[]): string {
  const page = sourceName(path)
  const source = readFileSync(join(root, path), 'utf8')
  const main = `<h1>${escapeHtml(path)}</h1>
${waysBack(mentions, page)}
<pre class="numbered"><code tabindex="0">${numbered(source, extname(path).slice(1))}</code></pre>`
  return layout({ path: page, title: path, language: languages[0], main, texts, kind: 'source' })
}

/** Links to each place that shows this file, and to the texts that only mention it. */
function waysBack(mentions: Mention[], page: string): string {
  const items = languages.flatMap((language) => {
    const { words, tag } = language
    const places = new Map<string, string>()
    for (const mention of mentions.filter((each) => each.language === language)) {
      const place = mention.isShown ? `${mention.page}#code-${mention.symbol}` : mention.page
      const symbol = mention.isShown ? `: <code>${mention.symbol}</code>` : ''
      places.set(place, `${escapeHtml(mention.title)}${symbol}`)
    }
    if (places.size === 0) return []
    const up = upFrom(page)
    const links = [...places].map(([place, text]) => `<a href="${up}${place}">${text}</a>`)
    return [`<p lang="${tag}">← ${words.back}: ${links.join(' · ')}</p>`]
  })
  return items.length ? `<div class="ways-back">\n${items.join('\n')}\n</div>` : ''
}

/** The lines of `source`, each with its number as its anchor, in an element for each symbol. */
function numbered(source: string, language: string): string {
  const lines = linesOf(highlight(source.trimEnd(), language)).map(
    (html, at) => `<span class="l" id="L${at + 1}">${html}\n</span>`,
  )
  for (const name of new Set(symbolsOf(source))) {
    const { code, line } = symbolIn(source, name) ?? { code: '', line: 1 }
    const last = line - 1 + code.split('\n').length - 1
    const id = escapeHtml(name)
    lines[line - 1] = `<span class="symbol" id="${id}">${lines[line - 1] ?? ''}`
    lines[last] = `${lines[last] ?? ''}</span>`
  }
  return lines.join('')
}

/** Highlighted code in lines: what is open at the end of a line goes on in the next. */
function linesOf(html: string): string[] {
  let open = ''
  return html.split('\n').map((line) => {
    const start = open
    for (const [tag] of line.matchAll(/<span[^>]*>|<\/span>/g)) open = tag === '</span>' ? '' : tag
    return `${start}${line}${open ? '</span>' : ''}`
  })
}
