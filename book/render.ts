/** A text as HTML: code by reference, terminal sessions, links to pages. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Marked, type Token, type Tokens } from 'marked'
import { withChoices } from './choices.ts'
import { termOf, type Glossary } from './glossary.ts'
import { escapeHtml, highlight, hole } from './highlight.ts'
import { languages, type Words } from './languages.ts'
import { anchors, excerptOf, figureAt, follow, inDigits, root, type Target } from './links.ts'
import { partIn } from './outline.ts'
import { explorableOf } from './walk/explorable.ts'

export interface Rendering {
  /** The page of a target, or undefined if it has none. */
  hrefOf: (target: Target) => string | undefined
  words?: Words
  /** The anchors of the headings; else those that a code host gives them. */
  ids?: string[]
  /** The anchors of the same headings in the other language, by anchor. */
  others?: Map<string, string>
  /** The anchors of sections that are older than the text that they translate. */
  stale?: Set<string>
  /** Terms that are linked at their first use, the page of an entry, and what was used so far. */
  glossary?: { of: Glossary; page: string; used: Set<string> }
  /** The number of the first session among those of the chapter, if a page can play them. */
  firstSession?: number
}

/** A flag in code, which is not broken at its hyphens. */
const flag = /(^| )(--?[\w-]{1,20})/g

/** What a step of a lesson begins with, in both languages, and its class. */
const labels: Record<string, string> = {
  Predict: 'predict',
  预测: 'predict',
  Run: 'run',
  运行: 'run',
  'From the host': 'host',
  在宿主机上看: 'host',
  'Break it': 'break',
  弄坏它: 'break',
  'Clean up': 'clean',
  清理: 'clean',
}

/**
 * Render the text `markdown` of the file `path`. A paragraph with nothing but a link to a symbol
 * becomes the symbol's source.
 */
export function render(markdown: string, path: string, rendering: Rendering): string {
  const { hrefOf, words = languages[0].words, others, stale, glossary } = rendering
  let isBare = true // not in a heading or a link: terms are linked
  const inBare = (inline: () => string): string => {
    const before = isBare
    isBare = false
    const html = inline()
    isBare = before
    return html
  }
  const shown = new Set<string>()
  let session = rendering.firstSession
  const ids = (rendering.ids ?? anchors(markdown)).values()
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }: Tokens.Heading): string {
        const id = escapeHtml(ids.next().value ?? '')
        const text = inBare(() => this.parser.parseInline(tokens))
        if (depth === 1) return `<h1 id="${id}">${text}</h1>\n`
        const other = others?.get(id)
        const data = other ? ` data-other="${escapeHtml(other)}"` : ''
        const anchor = `<a class="anchor" href="#${id}" aria-label="${words.link}">#</a>`
        const mark = stale?.has(id) ? `<p class="stale">${words.stale}</p>\n` : ''
        return `<h${depth} id="${id}"${data}>${text}${anchor}</h${depth}>\n${mark}`
      },
      code({ text, lang = '' }: Tokens.Code): string {
        const [language = '', ...more] = lang.split(' ')
        const drawn = diagram(more, words)
        if (drawn) return drawn
        const block = `<pre class="${escapeHtml(language)}">${codeHtml(text, language)}</pre>`
        const note = language === 'console' ? ownValues(text, words) : ''
        const number = language === 'console' && session !== undefined ? session++ : undefined
        if (more.includes('vm')) return captioned('<code>stepbox vm</code>', block) + note
        const isPlayed = more[0] === 'run'
        if (number === undefined || !isPlayed) return `${block}\n${note}`
        return `<div class="session" data-session="${number}">${block}</div>\n${note}`
      },
      paragraph(paragraph: Tokens.Paragraph): string | false {
        const { tokens } = paragraph
        const [first] = tokens
        const target =
          tokens.length === 1 && first && isLink(first) ? follow(first.href, path) : undefined
        const explorable = target && explorableOf(target, path, hrefOf)
        if (explorable) return explorable
        if (target?.symbol) return figure(target, hrefOf(target) ?? '', shown)
        const part = partIn(paragraph)
        const label = first?.type === 'strong' ? (first as Tokens.Strong).text : ''
        const step = labels[label.replace(/[.。:：]$/, '')]
        if (!part && !step) return false
        const what = part ? `class="part" id="part-${part.number}"` : `class="step ${step}"`
        return `<p ${what}>${this.parser.parseInline(tokens)}</p>\n`
      },
      table(table: Tokens.Table): string {
        const cell = (kind: string, { tokens }: Tokens.TableCell): string =>
          `<${kind}>${this.parser.parseInline(tokens)}</${kind}>`
        const row = (kind: string, cells: Tokens.TableCell[]): string =>
          `<tr>${cells.map((each) => cell(kind, each)).join('')}</tr>\n`
        const head = `<thead>\n${row('th', table.header)}</thead>`
        const body = table.rows.map((cells) => row('td', cells)).join('')
        const whole = `<table>\n${head}\n<tbody>\n${body}</tbody>\n</table>`
        return `<div class="wide" tabindex="0">${whole}</div>\n`
      },
      codespan({ text }: Tokens.Codespan): string {
        const html = escapeHtml(text).replace(flag, '$1<span class="word">$2</span>')
        const code = `<code>${html}</code>`
        const name = text.replace(/\([2-8]?\)$/, '')
        return isBare && glossary ? termLink(glossary, name, code) : code
      },
      text(token: Tokens.Text | Tokens.Escape): string {
        if ('tokens' in token && token.tokens) return this.parser.parseInline(token.tokens)
        if (!isBare || !glossary) return escapeHtml(token.text)
        return withTerms(token.text, glossary)
      },
      link({ href, tokens }: Tokens.Link): string {
        const target = follow(href, path)
        if (target?.figure) return inDigits(figureAt(target) ?? NaN)
        const place = target ? hrefOf(target) : href
        const inline = inBare(() => this.parser.parseInline(tokens))
        return place === undefined ? inline : `<a href="${escapeHtml(place)}">${inline}</a>`
      },
    },
  })
  try {
    return withChoices(marked.parse(markdown, { async: false }))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(message.replace(/\nPlease report this.*/, ''), { cause: error })
  }
}

/** The source of a symbol, with its file as the caption. The first of a page has an anchor. */
function figure(target: Target, href: string, shown: Set<string>): string {
  const { code } = excerptOf(target)
  const id = target.symbol && !shown.has(target.symbol) ? ` id="code-${target.symbol}"` : ''
  shown.add(target.symbol ?? '')
  const html = codeHtml(code, extname(target.path).slice(1))
  const caption = `<a href="${escapeHtml(href)}">${escapeHtml(target.path)}</a>`
  return captioned(caption, `<pre>${html}</pre>`, id)
}

function captioned(caption: string, block: string, id = ''): string {
  return `<figure${id}><figcaption>${caption}</figcaption>${block}</figure>\n`
}

/** With `tabindex`, code that is wider than the screen can be scrolled by keyboard. */
function codeHtml(code: string, language: string): string {
  return `<code tabindex="0">${highlight(code, language)}</code>`
}

/** ```` ```text diagram=NAME ````: the drawing of that name, whose words are `{{English|中文}}`. */
function diagram(more: string[], words: Words): string {
  const name = more.find((word) => word.startsWith('diagram='))?.slice('diagram='.length)
  const file = join(import.meta.dirname, 'diagrams', `${name}.svg`)
  if (!name || !existsSync(file)) return ''
  const at = words === languages[0].words ? 1 : 2
  const svg = readFileSync(file, 'utf8').trim()
  const said = svg.replace(/\{\{([^|{}]*)\|([^|{}]*)\}\}/g, (...found: string[]) => found[at] ?? '')
  return `<figure class="diagram">${said}</figure>\n`
}

/** Which values of a session's commands are the reader's own: holes that are typed. */
function ownValues(session: string, words: Words): string {
  const commands = session.split('\n').filter((line) => /^[$>] /.test(line))
  const holes = new Set(commands.join('\n').match(hole)?.filter((each) => each !== '{…}'))
  if (holes.size === 0) return ''
  const names = [...holes].map((hole) => `<var>${hole}</var>`)
  return `<p class="own">${words.ownValue} ${names.join(', ')}</p>\n`
}

/** Text with the first use of each term as a link to its entry. */
function withTerms(text: string, glossary: Terms): string {
  let html = ''
  let end = 0
  for (const match of text.matchAll(glossary.of.pattern)) {
    const linked = termLink(glossary, match[0], escapeHtml(match[0]))
    html += escapeHtml(text.slice(end, match.index)) + linked
    end = match.index + match[0].length
  }
  return html + escapeHtml(text.slice(end))
}

function termLink({ of, page, used }: Terms, word: string, html: string): string {
  const term = termOf(of, word)
  if (!term || used.has(term.id)) return html
  used.add(term.id)
  const href = `${page}#${encodeURIComponent(term.id)}`
  return `<a class="term" href="${href}" title="${escapeHtml(term.hint)}">${html}</a>`
}

type Terms = NonNullable<Rendering['glossary']>

function isLink(token: Token): token is Tokens.Link {
  return token.type === 'link'
}

/** Whether a target is a folder. Folders have no page. */
export function isFolder({ path }: Target): boolean {
  return statSync(join(root, path)).isDirectory()
}
