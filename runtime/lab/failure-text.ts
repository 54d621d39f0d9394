/** A failed check as a learner reads it: at most 20 lines of at most 80 columns. */
import type { Catalogue, Sentence, Speak } from '../sentence.ts'
import { sentence } from '../sentence.ts'
import { columnsOf, padded } from '../columns.ts'
import { wrap } from '../tools/wrap.ts'
import type { Verdict } from './judge.ts'
import zh from './zh.json' with { type: 'json' }

/** The Chinese of what this folder says. */
export const labCatalogue: Catalogue = zh

/** A line: what it is about, and its text. */
export interface FailureLine {
  /** Empty on a line that goes on. */
  label: string
  text: string
}

/** What was done, expected and seen, what that means, a hint, and how to run the check again. */
export function failureText({ id, finding }: Verdict, say: Speak, width = 80): FailureLine[] {
  if (!finding) return []
  const rows: [label: Sentence, text: string][] = [
    [sentence('did'), say(finding.did)],
    [sentence('expected'), say(finding.expected)],
    [sentence('saw'), say(finding.saw)],
    [sentence('means'), say(finding.means)],
    [sentence('hint'), say(finding.hint)],
    [sentence('again'), `stepbox lab test -t ${id}`],
  ]
  const labels = rows.map(([label]) => say(label))
  const widest = Math.max(...labels.map(columnsOf))
  const room = width - widest - indent - 2
  return rows.flatMap(([, text], at) =>
    wrap(text, room)
      .slice(0, mostLines)
      .map((line, row) => ({
        label: padded(row === 0 ? (labels[at] ?? '') : '', widest),
        text: line,
      })),
  )
}

/** Columns before a label. */
const indent = 2

/** Of one row, so that six rows and the claim stay within 20 lines. */
const mostLines = 3

/** The lines as plain text. */
export function plainFailure(verdict: Verdict, say: Speak): string {
  const lines = failureText(verdict, say).map(({ label, text }) => `  ${label}  ${text}`)
  return [`✗ ${say(verdict.claim)}`, ...lines.map((line) => line.trimEnd()), ''].join('\n')
}
