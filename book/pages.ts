/** All pages of the book. They need no server, no script and no other host. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { escapeHtml, highlight } from './highlight.ts'
import { root, type Target } from './links.ts'
import { isFolder, render } from './render.ts'
import { symbolIn, symbolsOf } from './symbols.ts'

/** The languages of the book: tag, folder of the pages, file names, words around the texts. */
const languages = [
  {
    tag: 'en',
    dir: '',
    text: 'README.md',
    machines: 'machines.md',
    lead: 'A container is a list of system calls. A chapter adds lines to the list.',
    contents: 'Contents',
    skip: 'Skip to the text',
    itself: 'English',
  },
  {
    tag: 'zh',
    dir: 'zh/',
    text: 'README.zh.md',
    machines: 'machines.zh.md',
    lead: '容器就是一张系统调用的清单，每一章往清单里添上几行。',
    contents: '目录',
    skip: '跳到正文',
    itself: '中文',
  },
] as const

type Language = (typeof languages)[number]

interface Chapter {
  slug: string
  title: string
}

/** Every file of the book, by its path. Throws at the first link without a target. */
export function pages(): Map<string, string> {
  const files = new Map<string, string>()
  const sources = new Set<string>()
  files.set('style.css', readFileSync(join(import.meta.dirname, 'style.css'), 'utf8'))
  for (const language of languages) {
    const chapters = chaptersIn(language)
    files.set(`${language.dir}index.html`, contentsPage(chapters, language))
    for (const chapter of chapters) {
      const page = chapterPage(chapter, { chapters, language, sources })
      files.set(`${language.dir}${chapter.slug}.html`, page)
    }
    files.set(`${language.dir}machines.html`, machinesPage(chapters, language, sources))
  }
  for (const path of sources) files.set(sourceName(path), sourcePage(path))
  return files
}

function chaptersIn({ text }: Language): Chapter[] {
  const folders = readdirSync(join(root, 'chapters'))
    .filter((name) => /^\d\d-/.test(name))
    .sort()
  const written = folders.filter((slug) => existsSync(join(root, 'chapters', slug, text)))
  return written.map((slug) => ({ slug, title: titleOf(`chapters/${slug}/${text}`) }))
}

function titleOf(path: string): string {
  const markdown = readFileSync(join(root, path), 'utf8')
  return (/^# (.+)$/m.exec(markdown)?.[1] ?? path).replace(/[`*]/g, '')
}

function contentsPage(chapters: Chapter[], language: Language): string {
  const beside = `<p><a href="machines.html">${titleOf(`chapters/${language.machines}`)}</a></p>`
  const lead = `<h1>Stepbox</h1>\n<p class="lead">${language.lead}</p>`
  const main = `${lead}\n${contents(chapters)}\n${beside}`
  return layout({ title: 'Stepbox', name: 'index.html', language, nav: '', main })
}

/** What a page is made with; see `bodyOf`. */
interface Making {
  chapters: Chapter[]
  language: Language
  sources: Set<string>
}

function chapterPage({ slug, title }: Chapter, { chapters, language, sources }: Making): string {
  const body = bodyOf(`chapters/${slug}/${language.text}`, language, sources)
  const at = chapters.findIndex((chapter) => chapter.slug === slug)
  const turn = turnPage(chapters[at - 1], chapters[at + 1], language)
  const main = `${body}${turn}`
  const nav = `<nav aria-label="${language.contents}">${contents(chapters, slug)}</nav>`
  return layout({ title, name: `${slug}.html`, language, nav, main })
}

/** The table of chapters and machines, which `npm run matrix` writes. */
function machinesPage(chapters: Chapter[], language: Language, sources: Set<string>): string {
  const path = `chapters/${language.machines}`
  const main = bodyOf(path, language, sources)
  const nav = `<nav aria-label="${language.contents}">${contents(chapters)}</nav>`
  return layout({ title: titleOf(path), name: 'machines.html', language, nav, main })
}

/** A text as HTML. The files that it shows or links to are added to `sources`. */
function bodyOf(path: string, language: Language, sources: Set<string>): string {
  const hrefOf = (target: Target): string | undefined => {
    const up = language.dir ? '../' : ''
    const heading = target.heading ? `#${encodeURIComponent(target.heading)}` : ''
    if (target.path === path) return heading
    const [, other, text] = /^chapters\/(\d\d-[^/]+)\/?(README.*\.md)?$/.exec(target.path) ?? []
    const spoken = languages.find((each) => each.text === (text ?? language.text))
    if (other && spoken) return `${up}${spoken.dir}${other}.html${heading}`
    if (isFolder(target)) return undefined
    sources.add(target.path)
    return `${up}${sourceName(target.path)}${target.symbol ? `#${target.symbol}` : ''}`
  }
  return render(readFileSync(join(root, path), 'utf8'), path, hrefOf)
}

function contents(chapters: Chapter[], current?: string): string {
  const items = chapters.map(({ slug, title }) => {
    const mark = slug === current ? ' aria-current="page"' : ''
    return `<li><a href="${slug}.html"${mark}>${escapeHtml(title)}</a></li>`
  })
  return `<ol class="contents">\n${items.join('\n')}\n</ol>`
}

function turnPage(
  previous: Chapter | undefined,
  next: Chapter | undefined,
  { contents }: Language,
): string {
  const link = (chapter: Chapter | undefined, rel: 'prev' | 'next'): string => {
    if (!chapter) return '<span></span>'
    const title = escapeHtml(chapter.title)
    const text = rel === 'prev' ? `← ${title}` : `${title} →`
    return `<a rel="${rel}" href="${chapter.slug}.html">${text}</a>`
  }
  const middle = `<a href="index.html">${contents}</a>`
  return `<nav class="turn">${link(previous, 'prev')}${middle}${link(next, 'next')}</nav>`
}

function sourceName(path: string): string {
  return `source/${path.replaceAll('/', '.')}.html`
}

/** A file of the checkout, with an anchor at each declaration. */
function sourcePage(path: string): string {
  const source = readFileSync(join(root, path), 'utf8')
  const lines = highlight(source, extname(path).slice(1)).split('\n')
  for (const name of symbolsOf(source)) {
    const at = (symbolIn(source, name)?.line ?? 1) - 1
    lines[at] = `<a id="${name}"></a>${lines[at]}`
  }
  const code = `<code tabindex="0">${lines.join('\n')}</code>`
  const main = `<h1>${escapeHtml(path)}</h1>\n<pre>${code}</pre>`
  return layout({ title: path, name: undefined, language: languages[0], nav: '', main })
}

interface Page {
  title: string
  /** The page's name within its language; undefined for a source file, which has no language. */
  name: string | undefined
  language: Language
  nav: string
  main: string
}

/** Whether the page `name` exists in the language of `text`. */
function isWrittenIn(text: string, name: string): boolean {
  const isEverywhere = name === 'index.html' || name === 'machines.html'
  return isEverywhere || existsSync(join(root, 'chapters', name.replace('.html', ''), text))
}

function layout({ title, name, language, nav, main }: Page): string {
  const up = name === undefined || language.dir ? '../' : ''
  const switches = languages.map(({ tag, dir, text, itself }) => {
    if (tag === language.tag || !name || !isWrittenIn(text, name))
      return `<span lang="${tag}">${itself}</span>`
    return `<a lang="${tag}" hreflang="${tag}" href="${up}${dir}${name}">${itself}</a>`
  })
  return `<!doctype html>
<html lang="${language.tag}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}${title === 'Stepbox' ? '' : ' · Stepbox'}</title>
<link rel="stylesheet" href="${up}style.css">
<a class="skip" href="#text">${language.skip}</a>
<header><a href="${name === undefined ? up : ''}index.html">Stepbox</a>
<p>${name === undefined ? '' : switches.join(' ')}</p></header>
${nav}
<main id="text">
${main}
</main>
</html>
`
}
