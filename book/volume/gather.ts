/** Chapters taken out of their pages, to be put on one page or into one file. */
import type { Text } from '../chapters.ts'

/** What a text's pages have between header and the way on: first, then second reading. */
export function bodiesOf(text: Text, pages: Map<string, string>): { page: string; html: string }[] {
  return [text.name, `${text.name}-more`].flatMap((page) => {
    const html = pages.get(`${text.language.dir}${page}.html`) ?? ''
    const [, main] = /<main[^>]*>\n([^]*?)(?:<nav class="turn"|<\/main>)/.exec(html) ?? []
    if (main === undefined) return []
    const own = main.replace(/^<p class="of">.*<\/p>/, '')
    return [{ page, html: own.replace(/<a class="anchor"[^>]*>#<\/a>/g, '') }]
  })
}

/** Headings one level down: the title of a chapter is a section of the whole. */
export function lowered(html: string): string {
  return html.replace(/<(\/?)h([1-5])\b/g, (_, end: string, depth: string) => {
    return `<${end}h${Number(depth) + 1}`
  })
}

/** The attributes that name or point to an anchor, by `id` and `href`. */
export function reanchored(html: string, id: (id: string) => string, href: Rehref): string {
  return html
    .replace(/(<[^<>]* id=")([^"]*)/g, (_, start: string, old: string) => start + id(old))
    .replace(/<a [^<>]*?href="([^"]*)"[^<>]*>([^]*?)<\/a>/g, (whole, old: string, text: string) => {
      const place = href(old)
      return place === undefined ? text : whole.replace(`href="${old}"`, `href="${place}"`)
    })
}

/** The new place of a link, or undefined for no link at all. */
export type Rehref = (href: string) => string | undefined
