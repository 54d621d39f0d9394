/** The chapters of a language as an EPUB 3: a zip archive of XHTML pages, for reading devices. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Text } from '../chapters.ts'
import { escapeHtml } from '../highlight.ts'
import type { Language } from '../languages.ts'
import { bodiesOf, reanchored } from './gather.ts'
import { zip } from './zip.ts'

/** Part of the format, and the same for the same texts: it is no date on which anything changed. */
const modified = '2026-01-01T00:00:00Z'

interface Leaf {
  /** The name of the file, without `.xhtml`. */
  name: string
  title: string
  xhtml: string
}

export function epub(texts: Text[], language: Language, pages: Map<string, string>): Buffer {
  const bound = texts.filter(({ number, name }) => number > 0 || name === 'glossary')
  const leaves = bound.flatMap((text) => leavesOf(text, bound, pages))
  const all = leaves.map(({ xhtml }) => xhtml).join('')
  const css = readFileSync(join(import.meta.dirname, 'epub.css'), 'utf8')
  const files = new Map([
    ['mimetype', 'application/epub+zip'],
    ['META-INF/container.xml', container],
    ['book/content.opf', packaged(leaves, language, all)],
    ['book/nav.xhtml', navigation(leaves, language)],
    ['book/style.css', css],
    ...leaves.map(({ name, xhtml }): [string, string] => [`book/${name}.xhtml`, xhtml]),
  ])
  return zip(files, new Set(['mimetype']))
}

function leavesOf(text: Text, bound: Text[], pages: Map<string, string>): Leaf[] {
  const { language } = text
  return bodiesOf(text, pages).map(({ page, html }) => {
    const title = page === text.name ? text.title : `${text.title} · ${language.words.more}`
    const rehref = (href: string): string | undefined => placeIn(href, bound)
    const body = asXml(reanchored(unfolded(html), (id) => `s-${id}`, rehref))
    return { name: page, title, xhtml: leaf(title, language, body) }
  })
}

/** A link to another chapter, or to a site; none to pages that are not in here. */
function placeIn(href: string, bound: Text[]): string | undefined {
  if (/^https?:/.test(href)) return href
  const [, file = '', fragment] = /^(?:([\w-]+)\.html)?(?:#(.*))?$/.exec(href) ?? []
  if (href.includes('/')) return undefined
  if (file && !bound.some(({ name }) => name === file.replace(/-more$/, ''))) return undefined
  const place = file ? `${file}.xhtml` : ''
  return fragment ? `${place}#s-${decodeURIComponent(fragment)}` : place || undefined
}

/** Few reading devices can unfold: what is folded is shown. */
function unfolded(html: string): string {
  return html
    .replace(/<details[^>]*>/g, '<div class="folded">')
    .replaceAll('</details>', '</div>')
    .replace(/<summary[^>]*>/g, '<p class="asked">')
    .replaceAll('</summary>', '</p>')
    .replace(/<div class="(?:layers-)?stage">[^]*?<\/div>/g, '') // they need scripts
    .replace(/<script[^]*?<\/script>/g, '')
}

/** HTML as XML: elements without content end themselves, and every attribute has a value. */
function asXml(html: string): string {
  return html
    .replace(/<(br|hr|img|input|col|wbr)\b([^>]*?)\s*\/?>/g, '<$1$2/>')
    .replace(/(<(?:input|button)\b[^<>]*?\s)(hidden|checked|disabled)(?=[\s/>])/g, '$1$2="$2"')
    .replace(/<svg(?![^>]*xmlns)/g, '<svg xmlns="http://www.w3.org/2000/svg"')
    .replaceAll(' tabindex="0"', '')
    .replaceAll('&nbsp;', '\u00a0')
}

const head = '<?xml version="1.0" encoding="UTF-8"?>\n'

function leaf(title: string, { tag }: Language, body: string): string {
  const spaces = `xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"`
  return `${head}<html ${spaces} lang="${tag}" xml:lang="${tag}">
<head><title>${escapeHtml(title)}</title><link rel="stylesheet" href="style.css"/></head>
<body>
${body}
</body>
</html>
`
}

function navigation(leaves: Leaf[], language: Language): string {
  const { contents } = language.words
  const items = leaves.map(({ name, title }) => {
    return `<li><a href="${name}.xhtml">${escapeHtml(title)}</a></li>`
  })
  const list = `<nav epub:type="toc"><h1>${contents}</h1><ol>\n${items.join('\n')}\n</ol></nav>`
  return leaf('Stepbox', language, list)
}

const container = `${head}<container version="1.0"
 xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="book/content.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
`

function packaged(leaves: Leaf[], { tag }: Language, all: string): string {
  const hash = createHash('sha256').update(all).digest('hex')
  const [, ...id] = /^(.{8})(.{4}).(.{3}).(.{3})(.{12})/.exec(hash) ?? []
  const [a, b, c, d, e] = id
  const items = leaves.map(({ name, xhtml }) => {
    const drawn = xhtml.includes('<svg') ? ' properties="svg"' : ''
    return `<item id="c${name}" href="${name}.xhtml" media-type="${xhtmlType}"${drawn}/>`
  })
  const spine = leaves.map(({ name }) => `<itemref idref="c${name}"/>`)
  return `${head}<package xmlns="http://www.idpf.org/2007/opf" version="3.0"
 unique-identifier="id" xml:lang="${tag}">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:${a}-${b}-4${c}-8${d}-${e}</dc:identifier>
<dc:title>Stepbox</dc:title>
<dc:language>${tag}</dc:language>
<dc:creator>Stepbox</dc:creator>
<meta property="dcterms:modified">${modified}</meta>
</metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="${xhtmlType}" properties="nav"/>
<item id="style" href="style.css" media-type="text/css"/>
${items.join('\n')}
</manifest>
<spine>
<itemref idref="nav"/>
${spine.join('\n')}
</spine>
</package>
`
}

const xhtmlType = 'application/xhtml+xml'
