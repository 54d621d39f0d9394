/** The parts of summary.html below its table: tests, what was blocked, alike pairs, submissions. */
import { sentence, type Speak } from '../../sentence.ts'
import type { Excerpt, Pair } from './alike.ts'
import { countedOf, type AnswerFile, type GradedTest } from './format.ts'
import { html, type Html } from './html.ts'
import { pointsText, statusMarks } from './summary-data.ts'
import type { SummaryRow, TestColumn } from './summary-data.ts'

/** Each test, with the causes for which most failed it. */
export function testSection(columns: TestColumn[], say: Speak): Html {
  const items = columns.map(
    (column, at) => html`<h3 id="t${at + 1}">${column.claim}</h3>
<p class="quiet"><code>${column.id}</code> &middot; ${failedOf(column, say)}</p>
${causeList(column, say)}`,
  )
  return html`<h2>${say(sentence('Tests, those that most failed first'))}</h2>
${items}`
}

function failedOf({ failed, outcomes }: TestColumn, say: Speak): string {
  const n = countedOf([...outcomes.values()]).length
  return n > 0 ? say(sentence('{failed} of {n} failed', { failed, n })) : say(sentence('blocked'))
}

function causeList({ outcomes }: TestColumn, say: Speak): Html | undefined {
  const causes = new Map<string, string[]>()
  for (const [name, { status, cause }] of outcomes)
    if (status === 'fail' || status === 'error')
      causes.set(cause, [...(causes.get(cause) ?? []), name])
  const sorted = [...causes].sort(([, a], [, b]) => b.length - a.length).slice(0, mostCauses)
  if (sorted.length === 0) return undefined
  const items = sorted.map(([cause, names]) => {
    const shown = names.slice(0, mostNames).join(say(sentence(', ')))
    const more = names.length - mostNames
    const rest = more > 0 ? ` ${say(sentence('and {n} more', { n: more }))}` : ''
    return html`<li>${names.length} &times; ${cause} <span class="quiet">${shown}${rest}</span></li>
`
  })
  return html`<ul>
${items}</ul>
`
}

const mostCauses = 5
const mostNames = 6

/** What this machine could not test, with the reason: it is in no number. */
export function blockedSection(columns: TestColumn[], say: Speak): Html | undefined {
  const items = columns.flatMap(({ id, claim, outcomes }) => {
    const blocked = [...outcomes.values()].filter(({ status }) => status === 'blocked')
    const [first] = blocked
    if (!first) return []
    return [html`<li>${claim} <code>${id}</code>: ${first.cause} (${blocked.length})</li>
`]
  })
  if (items.length === 0) return undefined
  const cannotTest = sentence(
    'This machine cannot test these. They count neither for nor against anyone.',
  )
  return html`<h2>${say(sentence('Blocked'))}</h2>
<p>${say(cannotTest)}</p>
<ul>
${items}</ul>`
}

/** Submissions that share code, side by side. */
export function alikeSection(pairs: Pair[], say: Speak): Html | undefined {
  if (pairs.length === 0) return undefined
  const words = say(
    sentence(
      'A hint to look, and no verdict: these share much that the starter does not have. ' +
        'Short tasks have few solutions.',
    ),
  )
  const items = pairs.slice(0, mostPairs).map(({ a, b, share, passages }) => {
    const percent = Math.round(share * 100)
    const lines = passages.slice(0, mostPassages).map((passage) => {
      const both = [excerpt(a, passage.a, say), excerpt(b, passage.b, say)]
      return html`<div class="sides">${both}</div>
`
    })
    const title = say(sentence('{a} and {b}', { a, b }))
    const share_ = say(sentence('{percent} % alike', { percent }))
    return html`<details><summary>${title}<span class="points quiet">${share_}</span></summary>
<div>${lines}</div></details>
`
  })
  return html`<h2>${say(sentence('Alike'))}</h2>
<p>${words}</p>
${items}`
}

const mostPairs = 50
const mostPassages = 8

function excerpt(name: string, { file, from, to, text }: Excerpt, say: Speak): Html {
  const where = say(sentence('{file}, lines {from} to {to}', { file, from, to }))
  return html`<div><p class="quiet">${name}: ${where}</p><pre>${text}</pre></div>`
}

/** Each submission: what was not handed in, and what failed. */
export function submissionSection(rows: SummaryRow[], columns: TestColumn[], say: Speak): Html {
  const order = columns.map(({ id }) => id)
  const items = rows.map((row) => {
    const { anchor, name, score, max } = row
    const points = `${pointsText(score)}/${pointsText(max)}`
    const tests = row.tests.toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id))
    const title = html`${name}<span class="points">${points}</span>`
    return html`<details id="${anchor}"><summary>${title}</summary>
<div>${fileList(row.files, say)}${tests.map(testPart)}</div></details>
`
  })
  return html`<h2>${say(sentence('Submissions'))}</h2>
${items}`
}

function fileList(files: AnswerFile[], say: Speak): Html | undefined {
  const items = files.flatMap(({ path, state, why = '' }) => {
    if (state === 'taken') return []
    const text =
      state === 'missing'
        ? say(sentence('was not handed in; the starter stood in for it'))
        : say(sentence('was refused: {why}; the starter stood in for it', { why }))
    return [html`<li><code>${path}</code> ${text}</li>
`]
  })
  return items.length > 0 ? html`<ul>${items}</ul>` : undefined
}

function testPart({ status, claim, id, cause, output }: GradedTest): Html {
  const mark = html`<span class="mark ${status}">${statusMarks[status]}</span>`
  const more = status === 'pass' ? undefined : html`<pre>${output || cause}</pre>`
  return html`<p>${mark} ${claim} <code class="quiet">${id}</code></p>${more}
`
}
