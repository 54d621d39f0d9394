/** The first page: what you will build, its list of system calls, the chapters as a map. */
import { strace } from '../runtime/strace.ts'
import type { Text } from './chapters.ts'
import { escapeHtml } from './highlight.ts'
import { otherThan, type Language } from './languages.ts'
import { chapterTitle, layout } from './layout.ts'
import { firstParagraph } from './outline.ts'
import { inChinese } from './reasons.ts'
import { additions, list, type Addition } from './road.ts'

export function firstPage(texts: Text[], language: Language): string {
  const { dir } = language
  const chapters = texts.filter(({ number }) => number > 0)
  const main = `${opening(chapters, language)}
${drawnList(chapters, language)}
${map(chapters, language)}`
  const other = `${otherThan(language).dir}index.html`
  const path = `${dir}index.html`
  return layout({ path, title: 'Stepbox', language, main, texts, other, kind: 'first' })
}

function opening(chapters: Text[], { lead, first, words, dir }: Language): string {
  const minutes = chapters.reduce((sum, text) => sum + text.minutes, 0)
  const hours = minutes ? first.hours.replace('{n}', String(Math.round(minutes / 60))) : ''
  const figures = [
    first.calls.replace('{n}', String(list.length)),
    first.chapters.replace('{n}', String(chapters.length)),
    hours,
  ].filter(Boolean)
  const up = dir ? '../' : ''
  return `<div class="opening">
<h1>Stepbox</h1>
<p class="lead">${lead}</p>
<p>${first.build}</p>
<p class="figures">${figures.join(' · ')}</p>
<p><a class="start" href="${chapters[0]?.name ?? ''}.html">${words.start}</a></p>
<p class="volumes"><a href="print.html">${words.print}</a> ·
<a href="${up}${volumeName(dir)}" download>${words.epub}</a></p>
</div>`
}

/** The EPUB of a language, at the top of the book. */
export function volumeName(dir: Language['dir']): string {
  return dir ? 'stepbox.zh.epub' : 'stepbox.epub'
}

/** The last chapter's list: a line for each call, in the colour of the chapter that brought it. */
function drawnList(chapters: Text[], { first, tag }: Language): string {
  const legend = chapters.map((text) => {
    const of = additions.find(({ number }) => number === text.number)
    const count = first.lines.replace('{n}', String(of?.added ?? 0))
    return `<li class="of-${text.number}">${chapterTitle(text)} <small>${count}</small></li>`
  })
  const lines = list.map((step) => {
    const reason = tag === 'zh' ? inChinese(step.why) : step.why
    const title = ` title="${escapeHtml(reason)}"`
    const [, name = '', rest = ''] = /^(\w+)(.*)$/s.exec(strace(step.call)) ?? []
    const call = `<b>${name}</b>${escapeHtml(rest)}`
    return `<li class="of-${step.chapter}"${title}><code>${call}</code></li>`
  })
  return `<section class="drawn" aria-labelledby="the-list">
<h2 id="the-list">${first.list}</h2>
<p>${first.listSaid}</p>
<ul class="legend">
${legend.join('\n')}
</ul>
<ol class="calls">
${lines.join('\n')}
</ol>
</section>`
}

function map(chapters: Text[], language: Language): string {
  const cards = chapters.map((text) => card(text, language))
  return `<section class="map" aria-labelledby="the-chapters">
<h2 id="the-chapters">${language.first.map}</h2>
<ol>
${cards.join('\n')}
</ol>
</section>`
}

function card(text: Text, { first, words }: Language): string {
  const added = additions.find(({ number }) => number === text.number)
  const minutes = text.minutes ? ` <small>${text.minutes} ${words.minutes}</small>` : ''
  const parts = text.parts.map(({ number, title, minutes: each }) => {
    const rest = each ? ` <small>${each} ${words.minutes}</small>` : ''
    return `<li><a href="${text.name}.html#part-${number}">${escapeHtml(title)}</a>${rest}</li>`
  })
  return `<li class="of-${text.number}" data-chapter="${text.name.slice(0, 2)}">
<h3><a href="${text.name}.html">${chapterTitle(text)}</a>${minutes}</h3>
<p>${escapeHtml(firstParagraph(text.markdown))}</p>
${added ? whatIsAdded(added, first) : ''}
${parts.length ? `<ol class="parts">\n${parts.join('\n')}\n</ol>` : ''}
</li>`
}

function whatIsAdded(addition: Addition, first: Language['first']): string {
  const { added, length, commands, flags } = addition
  const lines = added
    ? first.added.replace('{n}', String(added)).replace('{all}', String(length))
    : first.unchanged.replace('{all}', String(length))
  const words = [...commands.map((name) => `stepbox ${name}`), ...flags]
  const shown = words.slice(0, 8).map((word) => `<code>${word}</code>`)
  const rest = words.length > 8 ? ` … +${words.length - 8}` : ''
  return `<p class="added">${lines}</p>
<p class="words">${shown.join(' ')}${rest}</p>`
}
