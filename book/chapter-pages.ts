/** The pages of a text: first reading, second reading, and the code that neither shows. */
import { placeOf, type Text } from './chapters.ts'
import { codePage } from './code-page.ts'
import { readGlossary } from './glossary.ts'
import { escapeHtml } from './highlight.ts'
import { languages, otherThan } from './languages.ts'
import { chapterTitle, layout, upFrom } from './layout.ts'
import { anchors, type Target } from './links.ts'
import type { Making } from './making.ts'
import { readings, withoutPrefix } from './outline.ts'
import { isFolder, render } from './render.ts'
import { commandsIn } from './sessions.ts'
import { sourceName, type Mention } from './sources.ts'
import { staleIn } from './stale.ts'

/** The pages of `text`, by path. The source files that they speak of are noted. */
export function chapterPages(text: Text, making: Making): Map<string, string> {
  const { name, language, markdown, title } = text
  const { main, more } = readings(markdown)
  const ids = anchors(markdown)
  const mainCount = anchors(main).length
  const texts = making.texts.filter((each) => each.language === language)
  const pages = new Map<string, string>()
  const add = (page: string, heading: string, body: string): void => {
    const path = `${language.dir}${page}.html`
    const other = otherOf(text, making) ? { other: `${otherThan(language).dir}${page}.html` } : {}
    pages.set(path, layout({ path, title: heading, language, main: body, text, texts, ...other }))
  }
  const turn = text.number > 0 ? turnPage(text, texts) : ''
  const used = new Set<string>()
  const body = (part: string, page: string, own: string[]): string =>
    bodyOf(part, { page, ids: own, text, making, used, isMore: part === more })
  const live = text.number > 0 ? '<div class="live-tests"></div>\n' : ''
  add(name, title, `${body(main, name, ids.slice(0, mainCount))}${live}${turn}`)
  if (text.number === 0) return pages
  const back = `<p class="of"><a href="${name}.html">${escapeHtml(title)}</a></p>`
  if (more) {
    const { words } = language
    const heading = `<h1>${words.more}</h1>`
    const page = `${name}-more`
    const html = body(withoutPrefix(more), page, ids.slice(mainCount))
    add(page, `${words.more} · ${title}`, `${back}${heading}\n${html}${turn}`)
  }
  const code = codePage(text, making)
  add(`${name}-code`, `${language.words.code} · ${title}`, `${back}${code}${turn}`)
  return pages
}

interface Body {
  page: string
  ids: string[]
  text: Text
  making: Making
  /** The terms of the glossary that were used before. */
  used: Set<string>
  /** Whether it is the second reading. */
  isMore: boolean
}

function bodyOf(markdown: string, { page, ids, text, making, used, isMore }: Body): string {
  const { path, language, title } = text
  const own = `${language.dir}${page}.html`
  const up = upFrom(own)
  const hrefOf = (target: Target): string | undefined => {
    const heading = target.heading ? `#${encodeURIComponent(target.heading)}` : ''
    const place = placeOf(making.texts, target, language)
    if (place) {
      const there = `${place.language.dir}${place.page}.html`
      return there === own && heading ? heading : `${up}${there}${heading}`
    }
    const first = languages.find((each) => each.text === target.path)
    if (first) return `${up}${first.dir}index.html`
    if (isFolder(target)) return undefined
    const { symbol } = target
    const mention: Mention = { page: own, title, language, isShown: false }
    note(making, target.path, symbol ? { ...mention, symbol } : mention)
    return `${up}${sourceName(target.path)}${symbol ? `#${symbol}` : ''}`
  }
  const html = render(markdown, path, {
    hrefOf,
    ids,
    words: language.words,
    others: sameHeadings(text, making),
    stale: staleIn(text, otherOf(text, making)),
    ...(text.number > 0 ? glossaryOf(text, making, used) : {}),
    ...(text.number > 0 ? { firstSession: isMore ? sessionCount(text) : 0 } : {}),
  })
  for (const [, symbol = '', href = ''] of html.matchAll(shownCode)) {
    const mentions = [...making.mentions].find(([file]) => `${up}${sourceName(file)}` === href)
    mentions?.[1].push({ page: own, title, language, symbol, isShown: true })
  }
  return html
}

/** A figure with the source of a symbol, as `render` makes it. */
const shownCode = /<figure id="code-([^"]+)"><figcaption><a href="([^"#]+)#/g

function note(making: Making, path: string, mention: Mention): void {
  making.mentions.set(path, [...(making.mentions.get(path) ?? []), mention])
}

/** How many sessions the first reading has. */
function sessionCount({ markdown }: Text): number {
  return commandsIn(readings(markdown).main).length
}

function glossaryOf({ language }: Text, making: Making, used: Set<string>) {
  const own = making.texts.filter((each) => each.language === language)
  const entries = own.find(({ name }) => name === 'glossary')
  if (!entries) return {}
  return { glossary: { of: readGlossary(entries.markdown), page: 'glossary.html', used } }
}

/** The same text in the other language. */
function otherOf(text: Text, { texts }: Making): Text | undefined {
  return texts.find((each) => each.name === text.name && each !== text)
}

/** The anchors of a text's headings, and those of the same headings in the other language. */
function sameHeadings(text: Text, making: Making): Map<string, string> {
  const other = otherOf(text, making)
  const ids = anchors(text.markdown)
  const others = other ? anchors(other.markdown) : []
  if (ids.length !== others.length) return new Map()
  return new Map(ids.map((id, at) => [id, others[at] ?? '']))
}

function turnPage(text: Text, texts: Text[]): string {
  const { words } = text.language
  const chapters = texts.filter(({ number }) => number > 0)
  const at = chapters.indexOf(text)
  const link = (chapter: Text | undefined, rel: 'prev' | 'next', word: string): string => {
    if (!chapter) return ''
    const title = `<small>${word}</small> ${chapterTitle(chapter)}`
    return `<a rel="${rel}" href="${chapter.name}.html">${title}</a>`
  }
  return `<nav class="turn" aria-label="${words.previous}, ${words.next}">
${link(chapters[at - 1], 'prev', words.previous)}
${link(chapters[at + 1], 'next', words.next)}
</nav>`
}
