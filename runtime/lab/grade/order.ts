/** What a worker is asked to do, as JSON on its standard input, and its answers, a line each. */
import type { Check } from '../../chapter-lab.ts'
import type { Language, Speak } from '../../sentence.ts'
import type { Answers } from '../bundle.ts'
import type { Bundles } from '../bundles.ts'
import { failureText } from '../failure-text.ts'
import { judge, type Judging, type Verdict } from '../judge.ts'
import { alike, type Pair } from './alike.ts'
import type { GradedTest } from './format.ts'
import { steady } from './steady.ts'

export type WorkOrder = JudgeOrder | AlikeOrder

/** Find out which submissions are alike: hostile ones could make that take for ever. */
export interface AlikeOrder {
  alike: { submissions: { name: string; answers: Answers }[]; starter: Answers }
}

/** Judge one submission. */
export interface JudgeOrder {
  chapter: number
  language: Language
  answers: Answers
  /** The ids of the checks, without the chapter. */
  checks: string[]
  /** Made of the answers where esbuild is, for a machine that has none. */
  bundles?: Bundles
  /** Unpacked layers of busybox, topmost first. */
  layers: string[]
  /** Capabilities that this machine lacks, with the reason. */
  lacking: [name: string, why: string][]
}

/** The answer of a worker: a test, or, in the end, their number; or what is alike. */
export type Said = { test: GradedTest } | { tests: number } | { pairs: Pair[] }

/** The lines of a worker: each test as soon as it is judged. */
export async function* carryOutOrder(judging: Judging, say: Speak): AsyncGenerator<string> {
  let tests = 0
  for await (const verdict of judge(judging)) {
    const check = judging.lab.checks[tests++]
    yield lineOf({ test: testOf(verdict, check?.needs ?? [], say) })
  }
  yield lineOf({ tests })
}

/** The line of a worker that compares. */
export function compared({ alike: { submissions, starter } }: AlikeOrder): string {
  return lineOf({ pairs: alike(submissions, starter) })
}

function lineOf(said: Said): string {
  return JSON.stringify(said)
}

/** Undefined for a line that says nothing of this kind: a worker may be killed in the middle. */
export function saidIn(line: string): Said | undefined {
  try {
    const found: unknown = JSON.parse(line)
    const isOne = typeof found === 'object' && found !== null
    return isOne && kinds.some((kind) => kind in found) ? (found as Said) : undefined
  } catch {
    return undefined // ignoring: what is missing then is found by the count
  }
}

const kinds = ['test', 'tests', 'pairs']

function testOf(verdict: Verdict, needs: Check['needs'] & {}, say: Speak): GradedTest {
  const { id, exercise, claim, status, score, most, ms, finding, reason = '' } = verdict
  const lines = failureText(verdict, say).map(({ label, text }) => `${label}  ${text}`.trimEnd())
  const cause = finding ? say(finding.means) : reason
  const output = lines.length > 0 ? lines.join('\n') : reason
  const common = { id, exercise, claim: say(claim), status, score, max: most, needs: [...needs] }
  const texts = { cause: steady(oneLine(cause)), output: steady(output.slice(0, mostOutput)) }
  return { ...common, ...texts, ms }
}

/** What a learner's program says may be part of it. */
const mostOutput = 16_000

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 500)
}
