/**
 * The format of grade.json. One submission or a whole class: the shape is the same, so files are
 * merged by joining their `submissions`. grade.schema.json says the same to other programs.
 */
import type { Language } from '../../sentence.ts'
import type { Status } from '../judge.ts'
import type { Pair } from './alike.ts'

export const gradeVersion = 1

export interface Grade {
  stepbox: 'grade'
  /** Another version is refused. Fields may be added without a new one. */
  version: typeof gradeVersion
  chapter: { number: number; slug: string }
  /** Of the claims, causes and outputs. */
  language: Language
  /** SHA-256 over the checks and what judges them: two files with the same one are comparable. */
  course: string
  /** By name. Each name is there once. */
  submissions: GradedSubmission[]
  /** Those that share much of what the starter does not have: a hint to look. */
  alike?: Pair[]
}

export interface GradedSubmission {
  /** The name of its directory. */
  name: string
  /** `error` before `fail` before `pass`; `blocked` if no test was carried out. */
  status: Status
  /** Sums over the tests that are not blocked. */
  score: number
  max: number
  /** SHA-256 over the answer files: two submissions with the same one are the same. */
  answers: string
  files: AnswerFile[]
  tests: GradedTest[]
  ms: number
  /** When it was graded: ISO 8601, UTC. */
  graded: string
  /** Set if it was judged in a virtual machine. */
  where?: 'vm'
}

/** What became of an answer file. The starter stands in for one that is missing or refused. */
export interface AnswerFile {
  /** As in the checkout: `runtime/03-pivot-root/root.ts`. */
  path: string
  state: 'taken' | 'missing' | 'refused'
  /** Why it is refused: `a symbolic link`. */
  why?: string
}

export interface GradedTest {
  /** `03/old-root-gone`: unique in the course, and stable. */
  id: string
  exercise: string
  claim: string
  status: Status
  score: number
  /** 0 for a worked example. A blocked test counts neither in `score` nor in `max` of the whole. */
  max: number
  /** Capabilities of the machine, by their names in `doctor`. */
  needs: string[]
  /** One line: why it did not pass; '' if it did. */
  cause: string
  /** For the learner: what was done, expected and seen, and a hint; '' if there is nothing. */
  output: string
  ms: number
}

/** The status of a submission with these tests. */
export function statusOfAll(tests: Pick<GradedTest, 'status'>[]): Status {
  const has = (status: Status) => tests.some((each) => each.status === status)
  const order = ['error', 'fail', 'pass', 'blocked', 'skipped'] as const
  return order.find(has) ?? 'error'
}

type Outcome = Pick<GradedTest, 'status' | 'score' | 'max'>

/** The tests that count: a machine that cannot try something takes no points from anyone. */
export function countedOf<T extends Pick<GradedTest, 'status'>>(tests: T[]): T[] {
  return tests.filter(({ status }) => status !== 'blocked')
}

export function blockedOf<T extends Pick<GradedTest, 'status'>>(tests: T[]): T[] {
  return tests.filter(({ status }) => status === 'blocked')
}

/** Points of the tests that count, and how many there were to get. */
export function pointsOf(tests: Outcome[]): Pick<GradedSubmission, 'score' | 'max'> {
  const counted = countedOf(tests)
  const sum = (values: number[]) => values.reduce((total, each) => total + each, 0)
  const [score, max] = [counted.map((each) => each.score), counted.map((each) => each.max)]
  return { score: sum(score), max: sum(max) }
}

/** 0 pass, 1 fail, 3 only blocked, 4 an error of ours, or nothing was tested. */
export function gradeExitCode(submissions: Pick<GradedSubmission, 'status'>[]): number {
  const status = statusOfAll(submissions)
  return { pass: 0, fail: 1, blocked: 3, skipped: 3, error: 4 }[status]
}
