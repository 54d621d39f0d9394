/** A text as HTML: code by reference, terminal sessions, links to pages. */
import { statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { Marked, type Token, type Tokens } from 'marked'
import { escapeHtml, highlight } from './highlight.ts'
import { anchors, excerptOf, follow, root, type Target } from './links.ts'

/**
 * Render the text `markdown` of the file `path`. A paragraph with nothing but a link to a symbol
 * becomes the symbol's source. `hrefOf` gives the page of a target, or undefined if it has none.
 */
export function render(
  markdown: string,
  path: string,
  hrefOf: (target: Target) => string | undefined,
): string {
  const ids = anchors(markdown).values()
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }: Tokens.Heading): string {
        const id = escapeHtml(ids.next().value ?? '')
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      code({ text, lang = '' }: Tokens.Code): string {
        const [language = '', ...words] = lang.split(' ')
        const block = `<pre class="${escapeHtml(language)}">${codeHtml(text, language)}</pre>`
        return words.includes('vm') ? captioned('<code>stepbox vm</code>', block) : `${block}\n`
      },
      paragraph({ tokens }: Tokens.Paragraph): string | false {
        const only = tokens.length === 1 ? tokens[0] : undefined
        const target = only && isLink(only) ? follow(only.href, path) : undefined
        return target?.symbol ? figure(target, hrefOf(target) ?? '') : false
      },
      link({ href, tokens }: Tokens.Link): string {
        const target = follow(href, path)
        const place = target ? hrefOf(target) : href
        const inline = this.parser.parseInline(tokens)
        return place === undefined ? inline : `<a href="${escapeHtml(place)}">${inline}</a>`
      },
    },
  })
  try {
    return marked.parse(markdown, { async: false })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(message.replace(/\nPlease report this.*/, ''), { cause: error })
  }
}

/** The source of a symbol, with its file as the caption. */
function figure(target: Target, href: string): string {
  const { code } = excerptOf(target)
  const html = codeHtml(code, extname(target.path).slice(1))
  const caption = `<a href="${escapeHtml(href)}">${escapeHtml(target.path)}</a>`
  return captioned(caption, `<pre>${html}</pre>`)
}

function captioned(caption: string, block: string): string {
  return `<figure><figcaption>${caption}</figcaption>${block}</figure>\n`
}

/** With `tabindex`, code that is wider than the screen can be scrolled by keyboard. */
function codeHtml(code: string, language: string): string {
  return `<code tabindex="0">${highlight(code, language)}</code>`
}

function isLink(token: Token): token is Tokens.Link {
  return token.type === 'link'
}

/** Whether a target is a folder. Folders have no page. */
export function isFolder({ path }: Target): boolean {
  return statSync(join(root, path)).isDirectory()
}
