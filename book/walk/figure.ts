/** A walk as HTML: a place for the player, and all calls as a list, for readers without scripts. */
import { escapeHtml } from '../highlight.ts'
import type { Target } from '../links.ts'
import { changeList } from './changes.ts'
import { walkOf } from './data.ts'
import type { WalkCode, WalkData, WalkFrame } from './scene.ts'
import { fill, walkWords } from './words.ts'

interface Figure {
  /** The language of the page. */
  tag: string
  /** From the page to the top of the book. */
  up: string
  hrefOf: (target: Target) => string | undefined
  /** On the page that has nothing but the walk. */
  isAlone?: boolean
}

/** The walk in `chapters/<slug>/walk.json`. */
export function walkFigure(slug: string, { tag, up, hrefOf, isAlone }: Figure): string {
  const data = walkOf(slug, (path, symbol) => hrefOf({ path, symbol }) ?? '')
  const words = walkWords(tag)
  const number = String(data.chapter).padStart(2, '0')
  const title = fill(words.walk, { n: data.chapter })
  const facts = fill(words.calls, { n: data.plan.length, kernel: data.kernel })
  const more = isAlone ? '' : ` <a href="${slug}-walk.html">${words.own}</a>`
  const kind = isAlone ? 'walk alone' : 'walk'
  const live = isAlone ? '<div class="live-walk"></div>\n' : ''
  return `<section class="${kind}" data-walk="${number}" aria-label="${title}">
${live}<div class="stage"><button class="poster"><b>▶ ${words.play}</b>
<code>$ ${escapeHtml(data.command)}</code></button></div>
<p class="facts">${facts}.${more}</p>
<details class="calls"><summary>${fill(words.list, { n: data.plan.length })}</summary>
<ol>
${data.frames.map((frame) => call(frame, data, tag)).join('\n')}
</ol>
</details>
<script src="${up}walk.js" defer></script>
</section>
`
}

function call(frame: WalkFrame, { plan, code, chapter }: WalkData, tag: string): string {
  const words = walkWords(tag)
  const isChinese = tag === 'zh'
  const line = plan[frame.index]
  if (!line) return ''
  const mark = line.chapter === chapter ? ` <small class="new">${words.isNew}</small>` : ''
  const unseen = escapeHtml((isChinese ? frame.chinese : frame.unseen) ?? '')
  const source = line.code === undefined ? undefined : code[line.code]
  return `<li><code>${escapeHtml(line.strace)}</code>${answer(frame)}${mark}
<p>${reason(isChinese ? line.chinese : line.why, source)}</p>
${changeList(frame.changes, tag) || `<p class="unseen">${unseen}</p>`}</li>`
}

function answer({ result, errno }: WalkFrame): string {
  if (errno !== undefined) return ` = ${escapeHtml(errno)}`
  return result === undefined ? '' : ` = ${result}`
}

function reason(why: string, source: WalkCode | undefined): string {
  const link = source ? ` <a href="${escapeHtml(source.href)}">${source.symbol}</a>` : ''
  return `${escapeHtml(why)}${link}`
}
