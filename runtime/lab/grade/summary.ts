/**
 * summary.html: rows are students, columns are tests, what most failed comes first. One file that
 * works from file:// without JavaScript, on paper too. It runs nothing: see its policy.
 */
import { sentence, type Speak } from '../../sentence.ts'
import type { Status } from '../judge.ts'
import { sourceOf } from '../sources.ts'
import type { Pair } from './alike.ts'
import type { Grade, GradedSubmission } from './format.ts'
import { html, Html } from './html.ts'
import { pointsText, statusMarks, summaryColumns, summaryRows } from './summary-data.ts'
import type { SummaryRow, TestColumn } from './summary-data.ts'
import { alikeSection, blockedSection, submissionSection, testSection } from './summary-parts.ts'

/** The page, in the language of `say`. */
export function summaryPage(grade: Grade, pairs: Pair[], say: Speak): string {
  const { chapter, language, submissions } = grade
  const columns = summaryColumns(grade)
  const rows = summaryRows(submissions)
  const { number, slug } = chapter
  const title = say(sentence('Grades of chapter {number}, {slug}', { number, slug }))
  const page = html`<!doctype html>
<html lang="${language === 'zh' ? 'zh-Hans' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${new Html(sourceOf('runtime/lab/grade/summary.css'))}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="quiet">${countsOf(submissions, say)}</p>
</header>
<main>
${grid(columns, rows, say)}
<p class="quiet">${legend(say)}</p>
${testSection(columns, say)}
${blockedSection(columns, say)}
${alikeSection(pairs, say)}
${submissionSection(rows, columns, say)}
</main>
</body>
</html>
`
  return page.text
}

/** Nothing may be loaded, and no script may run, whatever a submission says. */
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

function countsOf(submissions: GradedSubmission[], say: Speak): string {
  const count = (wanted: Status) => submissions.filter(({ status }) => status === wanted).length
  const words = [
    say(sentence('{n} submissions', { n: submissions.length })),
    say(sentence('{n} with all tests passed', { n: count('pass') })),
    say(sentence('{n} with failed tests', { n: count('fail') })),
    ...(count('blocked') > 0
      ? [say(sentence('{n} that this machine could not grade', { n: count('blocked') }))]
      : []),
    ...(count('error') > 0
      ? [say(sentence('{n} with errors of the grader: look at them', { n: count('error') }))]
      : []),
  ]
  return words.join(' · ')
}

function grid(columns: TestColumn[], rows: SummaryRow[], say: Speak): Html {
  const heads = columns.map(({ id, claim }, at) => {
    const link = html`<a href="#t${at + 1}" title="${claim}">${short(id)}</a>`
    return html`<th scope="col">${link}</th>`
  })
  const failed = columns.map(({ failed: n }) => html`<td>${n}</td>`)
  return html`<div class="grid" tabindex="0" role="region" aria-label="${say(sentence('Grades'))}">
<table>
<thead><tr><th scope="col">${say(sentence('Student'))}</th>
<th scope="col">${say(sentence('Points'))}</th>${heads}</tr></thead>
<tbody>
${rows.map((row) => gridRow(row, columns))}
</tbody>
<tfoot><tr><th scope="row">${say(sentence('Failed'))}</th><td></td>${failed}</tr></tfoot>
</table>
</div>`
}

/** Without the chapter, which is the same for all. */
function short(id: string): string {
  return id.replace(/^\d+\//, '')
}

function gridRow({ name, score, max, anchor, status }: SummaryRow, columns: TestColumn[]): Html {
  const cells = columns.map(({ outcomes, claim }) => {
    const test = outcomes.get(name)
    if (!test) return html`<td></td>`
    const title = [claim, test.cause].filter(Boolean).join(': ')
    const link = html`<a href="#${anchor}" title="${title}">${statusMarks[test.status]}</a>`
    return html`<td class="${test.status}">${link}</td>`
  })
  const points = status === 'blocked' ? '–' : `${pointsText(score)}/${pointsText(max)}`
  return html`<tr><th scope="row"><a href="#${anchor}">${name}</a></th>
<td class="points">${points}</td>${cells}</tr>
`
}

function legend(say: Speak): Html[] {
  const words: [Status, string][] = [
    ['pass', say(sentence('passed'))],
    ['fail', say(sentence('failed'))],
    ['error', say(sentence('error of the grader'))],
    ['blocked', say(sentence('blocked: this machine cannot test it; it does not count'))],
  ]
  return words.map(
    ([status, word]) =>
      html`<span class="mark ${status}" aria-hidden="true">${statusMarks[status]}</span> ${word}  `,
  )
}
