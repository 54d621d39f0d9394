/** What every page has: one header, one navigation, the text, the way on. */
import type { Text } from './chapters.ts'
import { escapeHtml } from './highlight.ts'
import { otherThan, type Language } from './languages.ts'
import type { Section } from './outline.ts'
import { walked } from './walk/data.ts'

export interface Page {
  /** The path of the page: `zh/03-pivot-root.html`. */
  path: string
  title: string
  language: Language
  main: string
  /** The path of the same page in the other language. */
  other?: string
  /** The text that the page belongs to. */
  text?: Text
  /** All texts of the language, for the navigation. */
  texts: Text[]
  /** What `<main>` is: it decides about its width. */
  kind?: 'text' | 'first' | 'source' | 'print'
}

/** `../` as often as it takes from `path` to the first page. */
export function upFrom(path: string): string {
  return '../'.repeat(path.split('/').length - 1)
}

export function layout(page: Page): string {
  const { path, title, language, main, kind = 'text' } = page
  const { words } = language
  const up = upFrom(path)
  const chapter = page.text?.number ? ` data-chapter="${page.text.number}"` : ''
  const name = escapeHtml(title === 'Stepbox' ? title : `${title} · Stepbox`)
  return `<!doctype html>
<html lang="${language.tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${name}</title>
<link rel="icon" href="${up}icon.svg">
<link rel="stylesheet" href="${up}style.css">
<script src="${up}theme.js"></script>
<script src="${up}page.js" defer></script>
</head>
<body class="${kind}" data-up="${up}" data-page="${pageName(path, language)}"${chapter}>
<a class="skip" href="#the-text">${words.skip}</a>
${header(page)}
${kind === 'print' ? '' : navigation(page)}
<main id="the-text">
${main}
</main>
</body>
</html>
`
}

function pageName(path: string, { dir }: Language): string {
  return path.slice(dir.length).replace(/\.html$/, '')
}

function header({ path, language, other }: Page): string {
  const up = upFrom(path)
  const { words, dir } = language
  const there = otherThan(language)
  const tag = `lang="${there.tag}" hreflang="${there.tag}"`
  const place = `href="${up}${other}"`
  const switched = other ? `<a class="language" ${tag} ${place}>${there.itself}</a>` : ''
  return `<header class="bar">
<button class="open-menu" popovertarget="the-menu">
${icon('menu')}<span>${words.contents}</span></button>
<a class="home" href="${up}${dir}index.html">Stepbox</a>
<button class="open-search" data-key="/">${icon('search')}<span>${words.search}</span></button>
<button class="switch-theme" data-label="${words.theme}">${icon('theme')}</button>
${switched}
</header>`
}

/** The contents, with the parts and sections of this chapter. A popover where it is narrow. */
function navigation(page: Page): string {
  const { texts, language } = page
  const { words } = language
  const list = (items: Text[]): string => items.map((text) => entry(text, page)).join('\n')
  const chapters = texts.filter(({ number }) => number > 0)
  const others = texts.filter(({ number }) => number === 0)
  return `<nav id="the-menu" class="menu" popover aria-label="${words.contents}">
<p>${words.chapters}</p>
<ol>
${list(chapters)}
</ol>
${others.length ? `<p>${words.beside}</p>\n<ul>\n${list(others)}\n</ul>` : ''}
</nav>`
}

function entry(text: Text, page: Page): string {
  const { path, language } = page
  const base = `${upFrom(path)}${language.dir}`
  const isHere = page.text === text
  const current = pageName(path, language) === text.name ? ' aria-current="page"' : ''
  const href = `${base}${text.name}.html`
  const title = text.number > 0 ? chapterTitle(text) : escapeHtml(text.title)
  const minutes = text.minutes ? ` <small>${text.minutes} ${language.words.minutes}</small>` : ''
  const inside = isHere && text.number > 0 ? `\n${sections(text, page, base)}` : ''
  return `<li><a href="${href}"${current}>${title}${minutes}</a>${inside}</li>`
}

/** Titles begin with `Chapter 3. ` or `第 3 章　`; the list shows the number by itself. */
export function chapterTitle({ title, number }: Text): string {
  const bare = title.replace(/^(Chapter \d+[.:]?|第 ?\d+ ?章[：。.]?)[\s　]*/, '')
  return `<b>${number}</b> ${escapeHtml(bare)}`
}

function sections(text: Text, { path, language }: Page, base: string): string {
  const { words } = language
  const here = pageName(path, language)
  const link = (page: string, id: string, html: string): string => {
    const place = page === here ? '' : `${base}${page}.html`
    return `<a href="${place}#${encodeURIComponent(id)}">${html}</a>`
  }
  const top = (all: Section[], page: string): string =>
    all.map(({ id, title }) => `<li>${link(page, id, escapeHtml(title))}</li>`).join('\n')
  const second = (part: number): Section[] =>
    text.sections.filter((section) => section.depth === 2 && section.part === part)
  const parts = text.parts.map(({ number, title, minutes }) => {
    const rest = minutes ? ` <small>${minutes} ${words.minutes}</small>` : ''
    const label = link(text.name, `part-${number}`, `${number}. ${escapeHtml(title)}${rest}`)
    return `<li class="of-part">${label}\n<ul>${top(second(number), text.name)}</ul></li>`
  })
  const own = (end: string, title: string): string => {
    const name = `${text.name}${end}`
    const current = name === here ? ' aria-current="page"' : ''
    return `<li><a href="${base}${name}.html"${current}>${title}</a></li>`
  }
  const more = text.more.length ? own('-more', words.more) : ''
  const walk = walked().includes(text.name) ? own('-walk', words.walk) : ''
  return `<ul class="sections">
${top(second(0), text.name)}
${parts.join('\n')}
${more}${walk}${own('-code', words.code)}
</ul>`
}

const icons = {
  menu: '<path d="M3 5h14M3 10h14M3 15h14"/>',
  search: '<circle cx="8.5" cy="8.5" r="5"/><path d="m12.5 12.5 4.5 4.5"/>',
  theme: '<circle cx="10" cy="10" r="6.5"/><path class="filled" d="M10 3.5a6.5 6.5 0 0 1 0 13z"/>',
}

function icon(name: keyof typeof icons): string {
  return `<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">${icons[name]}</svg>`
}
