/** Verdicts as a learner reads them: by exercise, then what fails first, then the sum. */
import chalk from 'chalk'
import type { Chapter } from '../../chapter.ts'
import type { Finding, ChapterLab } from '../../chapter-lab.ts'
import { failureText } from '../../lab/failure-text.ts'
import type { Status, Verdict } from '../../lab/judge.ts'
import { printable } from '../../printable.ts'
import { sentence, type Sentence, type Speak } from '../../sentence.ts'
import { wrap } from '../../tools/wrap.ts'

const marks: Record<Status, string> = {
  pass: chalk.green('✓'),
  fail: chalk.red('✗'),
  error: chalk.yellow('!'),
  blocked: chalk.dim('-'),
  skipped: chalk.dim('-'),
}

export function markOf(status: Status | undefined): string {
  return status === undefined ? chalk.dim('·') : marks[status]
}

/** One verdict in a list; a reason follows, if it was not judged. */
export function verdictLines(verdict: Verdict, say: Speak, width = 80): string[] {
  const { status, claim, reason } = verdict
  const [first = '', ...more] = wrap(printable(say(claim)), width - 4)
  const because = reason === undefined ? [] : wrap(printable(reason), width - 6).slice(0, 3)
  return [
    `  ${markOf(status)} ${first}`,
    ...more.map((line) => `    ${line}`),
    ...because.map((line) => chalk.dim(`      ${line}`)),
  ]
}

/** The heading of an exercise. */
export function headingOf(lab: ChapterLab, id: string, say: Speak): string {
  const found = lab.exercises.find((each) => each.id === id)
  return chalk.bold(found ? say(found.title) : id)
}

export interface Told {
  say: Speak
  /** How `stepbox lab` is typed here. */
  typed: string
  width?: number
}

/** A failed check within 20 lines, and with how to run it again. */
export function failureLines(verdict: Verdict, { say, typed, width = 80 }: Told): string[] {
  const lines = failureText(verdict, say, width)
  const own = (text: string) => printable(text.replace(/^stepbox lab/, typed))
  const claim = wrap(printable(say(verdict.claim)), width - 2).join('\n  ')
  return [
    ...`${marks[verdict.status]} ${claim}`.split('\n'),
    ...lines.map(({ label, text }) => `  ${chalk.dim(label)}  ${own(text)}`.trimEnd()),
  ]
}

/** The failures that are worth telling apart: the same finding is told once. */
export function distinct(verdicts: Verdict[]): Verdict[] {
  const seen = new Set<string>()
  return verdicts.filter(({ status, finding }) => {
    const key = JSON.stringify(finding)
    if (status !== 'fail' || seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** How many other checks fail in the same way. */
export function othersLike({ id, finding }: Verdict, verdicts: Verdict[]): number {
  const same = (other: Finding | undefined) => JSON.stringify(other) === JSON.stringify(finding)
  return verdicts.filter((each) => each.status === 'fail' && each.id !== id && same(each.finding))
    .length
}

/** `3 pass, 1 fails; 4 of 10 points`. */
export function sumOf(verdicts: Verdict[]): Sentence {
  const count = (status: Status) => verdicts.filter((each) => each.status === status).length
  const [pass, fail] = [count('pass'), count('fail')]
  const rest = count('blocked') + count('skipped') + count('error')
  const score = verdicts.reduce((sum, each) => sum + each.score, 0)
  const most = verdicts.reduce((sum, each) => sum + each.most, 0)
  const values = { pass, fail, rest, score, most }
  return rest > 0
    ? sentence('{pass} passed, {fail} failed, {rest} not judged; {score} of {most} points', values)
    : sentence('{pass} passed, {fail} failed; {score} of {most} points', values)
}

/** 0 if all pass, 1 if one fails, 4 for an error of ours, 3 if nothing but blocked ones is left. */
export function exitCodeAfter(verdicts: Verdict[]): number {
  const has = (status: Status) => verdicts.some((each) => each.status === status)
  if (has('fail')) return 1
  if (has('error') || verdicts.length === 0) return 4
  return has('pass') ? 0 : 3
}

/** The verdicts as `--format json` has them. */
export function verdictsForJson(
  verdicts: Verdict[],
  { chapter, say }: { chapter: Chapter; say: Speak },
) {
  const checks = verdicts.map(({ claim, finding, ...rest }) => ({
    ...rest,
    claim: say(claim),
    ...(finding ? { finding: sayAll(finding, say) } : {}),
  }))
  return { version: 1, chapter: chapter.number, checks }
}

function sayAll(finding: NonNullable<Verdict['finding']>, say: Speak) {
  return Object.fromEntries(Object.entries(finding).map(([name, said]) => [name, say(said)]))
}
