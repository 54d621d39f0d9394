/** The texts that are searched, section by section, from the pages as they are. */
import type { Text } from '../chapters.ts'
import type { Language } from '../languages.ts'
import type { Entry } from './find.ts'

const heading = /<h[1-3] id="([^"]*)"[^>]*>(.*?)<\/h[1-3]>/s

/** The sections of the pages of `texts`, in order. `pages` are all pages, by path. */
export function entriesOf(texts: Text[], pages: Map<string, string>): Entry[] {
  return texts.flatMap((text) =>
    ['', '-more'].flatMap((end) => {
      const path = `${text.language.dir}${text.name}${end}.html`
      const main = /<main[^>]*>([^]*?)(?:<nav class="turn"|<\/main>)/.exec(pages.get(path) ?? '')
      return sectionsOf(main?.[1] ?? '', path, text.title)
    }),
  )
}

function sectionsOf(html: string, path: string, title: string): Entry[] {
  return html.split(/(?=<h[1-3] id=")/).flatMap((part): Entry[] => {
    const [whole, id = '', text = ''] = heading.exec(part) ?? []
    if (whole === undefined) return []
    const own = text.replace(/<a class="anchor".*$/s, '')
    return [[path, decode(id), bare(own), title, bare(part.slice(whole.length))]]
  })
}

/** The text of some HTML, on one line. */
function bare(html: string): string {
  return decode(html.replace(/<svg[^]*?<\/svg>/g, ' ').replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim()
}

function decode(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
}

/** The entries as a classic script: a page from a file can load no other data. */
export function asScript(entries: Entry[]): string {
  return `stepboxTexts=${JSON.stringify(entries).replaceAll('\u2028', '\\u2028')}\n`
}

export function scriptName({ tag }: Language): string {
  return `texts-${tag}.js`
}
