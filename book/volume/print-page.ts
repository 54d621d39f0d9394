/** All chapters on one page: a browser makes a PDF of it. */
import type { Text } from '../chapters.ts'
import { escapeHtml } from '../highlight.ts'
import { otherThan, type Language } from '../languages.ts'
import { layout } from '../layout.ts'
import { bodiesOf, lowered, reanchored } from './gather.ts'

/** `pages` are the pages of the chapters, by path. */
export function printPage(
  texts: Text[],
  language: Language,
  pages: Map<string, string>,
): string {
  const { lead, words, dir } = language
  const bound = texts.filter(({ number, name }) => number > 0 || name === 'glossary')
  const items = bound.map(({ name, title }) => {
    return `<li><a href="#${name}">${escapeHtml(title)}</a></li>`
  })
  const chapters = bound.flatMap((text) => {
    const bodies = bodiesOf(text, pages).map(({ page, html }) => {
      const rehref = (href: string): string => placeIn(href, page, bound)
      const body = reanchored(lowered(html), idIn(text.name), rehref)
      return `<section id="${page}">\n${body}</section>`
    })
    return bodies
  })
  const main = `<h1>Stepbox</h1>
<p class="lead">${lead}</p>
<nav aria-label="${words.contents}"><ol class="volume">
${items.join('\n')}
</ol></nav>
${chapters.join('\n')}`
  const other = `${otherThan(language).dir}print.html`
  const path = `${dir}print.html`
  return layout({ path, title: words.print, language, main, texts, other, kind: 'print' })
}

/** An anchor of a chapter, as it is called where all chapters are together. */
function idIn(name: string): (id: string) => string {
  return (id) => `${name}:${id}`
}

function placeIn(href: string, page: string, bound: Text[]): string {
  const [, file = page, fragment] = /^(?:([\w-]+)\.html)?(?:#(.*))?$/.exec(href) ?? []
  const name = file.replace(/-more$/, '')
  if (href.includes('/') || !bound.some((text) => text.name === name)) return href
  return fragment ? `#${name}:${fragment}` : `#${file}`
}
