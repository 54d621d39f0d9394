/** The call that was made last: the call, its answer, why it is made, and the code that made it. */
import { escapeHtml } from '../../highlight.ts'
import { changeList, changesInWords } from '../../walk/changes.ts'
import type { WalkData, WalkFrame, WalkLine } from '../../walk/scene.ts'
import { fill, type WalkWords } from '../../walk/words.ts'

/** As HTML, after `at` calls. */
export function stepHtml(data: WalkData, at: number, words: WalkWords): string {
  const frame = data.frames[at - 1]
  const line = frame && data.plan[frame.index]
  if (!line)
    return `<p class="number">${words.before}</p><p class="why">${words.beforeWhy}</p>`
  const where =
    line.chapter === data.chapter ? words.newHere : fill(words.from, { n: line.chapter })
  const number = fill(words.step, { n: at, all: data.plan.length })
  const unseen = escapeHtml((isChinese() ? frame.chinese : frame.unseen) ?? '')
  const { lang } = document.documentElement
  const changes = changeList(frame.changes, lang) || `<p class="unseen">${unseen}</p>`
  return `<p class="number">${number} <span class="chip chapter-${line.chapter}">${where}</span></p>
<p class="call"><code>${escapeHtml(line.strace)}</code>${answer(frame)}</p>
<p class="why">${escapeHtml(reasonOf(line))}</p>
${changes}
${source(data, line, words)}`
}

function isChinese(): boolean {
  return document.documentElement.lang.startsWith('zh')
}

function reasonOf({ why, chinese }: WalkLine): string {
  return isChinese() ? chinese : why
}

function answer({ result, errno }: WalkFrame): string {
  if (errno !== undefined) return ` <b class="less">= ${escapeHtml(errno)}</b>`
  return result === undefined ? '' : ` <b>= ${result}</b>`
}

/** The declaration that the call comes from, with the line of its reason marked. */
function source({ code }: WalkData, { code: index, at }: WalkLine, words: WalkWords): string {
  const made = index === undefined ? undefined : code[index]
  if (!made) return ''
  const up = document.body.dataset['up'] ?? ''
  const lines = made.lines.map((line, number) =>
    number === at ? `<mark>${line}</mark>` : line,
  )
  const link = `<a href="${up}${escapeHtml(made.href)}">${escapeHtml(made.path)}</a>`
  return `<figure class="made"><figcaption>${words.made}: ${link}</figcaption>
<pre><code tabindex="0">${lines.join('\n')}</code></pre></figure>`
}

/** In words, for readers who hear it. */
export function stepInWords(data: WalkData, at: number, words: WalkWords): string {
  const frame = data.frames[at - 1]
  const line = frame && data.plan[frame.index]
  if (!line) return words.before
  const changes = changesInWords(frame.changes, document.documentElement.lang)
  const number = fill(words.step, { n: at, all: data.plan.length })
  const said = changes || words.noChange
  return `${number}: ${line.strace}. ${reasonOf(line)}. ${said}`
}
