/** Judges what a learner has written: each check of a chapter, one after the other. */
import type { Chapter } from '../chapter.ts'
import type { Check, ChapterLab, Finding } from '../chapter-lab.ts'
import { sentence, type Sentence } from '../sentence.ts'
import { benchFor, type Subject } from './bench.ts'
import { NotReadable } from './bundle.ts'
import { RefusedList } from './list-shape.ts'
import { PlannerError } from './planner.ts'

/** Five outcomes: `blocked` is what this machine cannot do, `error` a fault of ours. */
export type Status = 'pass' | 'fail' | 'error' | 'blocked' | 'skipped'

/** What became of one check. */
export interface Verdict {
  /** `03/old-root-gone`. */
  id: string
  exercise: string
  claim: Sentence
  status: Status
  /** Points that it brings, of `most`. */
  score: number
  most: number
  ms: number
  /** Of a failed check. */
  finding?: Finding
  /** Of one that is blocked, skipped or in error. */
  reason?: string
}

export interface Judging {
  chapter: Chapter
  lab: ChapterLab
  subject: Subject
  /** The names of capabilities that this machine lacks, with the reason. */
  lacking: Map<string, string>
  /** The ids of the checks to judge; without it, all. */
  only?: string[]
}

/** The verdicts, in the order of the checks, as they come. */
export async function* judge(judging: Judging): AsyncGenerator<Verdict> {
  const { lab, only } = judging
  for (const check of lab.checks)
    if (!only || only.includes(check.id)) yield await verdictOn(check, judging)
}

/** The whole id of a check: `03/old-root-gone`. */
export function idOf({ number }: Pick<Chapter, 'number'>, check: Pick<Check, 'id'>): string {
  return `${String(number).padStart(2, '0')}/${check.id}`
}

async function verdictOn(check: Check, judging: Judging): Promise<Verdict> {
  const { chapter, subject, lacking } = judging
  const { exercise, claim, points, needs = [] } = check
  const most = { id: idOf(chapter, check), exercise, claim, most: points }
  const missing = needs.find((each) => lacking.has(each))
  if (missing !== undefined) {
    const reason = `${missing}: ${lacking.get(missing)}`
    return { ...most, status: 'blocked', score: 0, ms: 0, reason }
  }
  const begin = performance.now()
  const { bench, close } = benchFor(subject)
  const done = (rest: Pick<Verdict, 'status' | 'finding' | 'reason'>): Verdict => {
    const ms = Math.round(performance.now() - begin)
    return { ...most, score: rest.status === 'pass' ? points : 0, ms, ...rest }
  }
  try {
    const finding = await check.judge(bench)
    return finding ? done({ status: 'fail', finding }) : done({ status: 'pass' })
  } catch (error) {
    const finding = findingIn(error)
    if (finding) return done({ status: 'fail', finding })
    return done({ status: 'error', reason: (error as Error).message })
  } finally {
    await close()
  }
}

/** What an error of the learner's modules or list means; undefined if it is no error of theirs. */
function findingIn(error: unknown): Finding | undefined {
  const did = sentence('asked your plan() for its list')
  const expected = sentence('a list of steps')
  const hint = sentence('read the line that it names; then run this test again')
  if (error instanceof NotReadable) {
    const { file, line, said } = error
    const means = sentence('{file} is not valid TypeScript around line {line}', { file, line })
    const reading = { did: sentence('read your files'), expected: sentence('TypeScript') }
    return { ...reading, saw: said, means, hint }
  }
  if (error instanceof PlannerError) {
    const { said, where, asked } = error
    if (asked) {
      const means = sentence('{file} gives no answer to go on with', asked)
      const called = { did: sentence('asked for {symbol} in {file}', { ...asked }) }
      return { ...called, expected: sentence('a value'), saw: said, means, hint }
    }
    const means =
      where === undefined
        ? sentence('your planner does not give a list')
        : sentence('{where} does not give a list', { where })
    return { did, expected, saw: said, means, hint }
  }
  return error instanceof RefusedList ? { did, expected, ...refusal(error) } : undefined
}

function refusal({ said, at }: RefusedList): Pick<Finding, 'saw' | 'means' | 'hint'> {
  const hint = sentence('compare the step with the contract above the function that makes it')
  if (!at) return { saw: said, means: sentence('no step of it was made'), hint }
  return { saw: sentence('step {step} of the list: {call}', at), means: said, hint }
}
