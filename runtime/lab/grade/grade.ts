/** Grades submissions: several at a time, each by a worker that is in the way of no other. */
import { createHash } from 'node:crypto'
import type { Chapter } from '../../chapter.ts'
import type { ChapterLab, Check } from '../../chapter-lab.ts'
import { sentence, type Language, type Sentence, type Speak } from '../../sentence.ts'
import type { Answers } from '../bundle.ts'
import { folderOf } from '../course.ts'
import { idOf } from '../judge.ts'
import { closure, sourceOf } from '../sources.ts'
import { gradeVersion, pointsOf, statusOfAll } from './format.ts'
import type { Grade, GradedSubmission, GradedTest } from './format.ts'
import { saidIn, type AlikeOrder } from './order.ts'
import { resultFile, type Grades } from './results.ts'
import type { HandedIn } from './submissions.ts'
import type { WorkerEnd, Workers } from './workers.ts'

export interface Grading {
  chapter: Chapter
  lab: ChapterLab
  submissions: HandedIn[]
  /** The answer files as learners got them: they stand in for what is missing. */
  starter: Answers
  /** Where results are kept. */
  grades: Grades
  workers: Workers
  language: Language
  say: Speak
  /** How many at a time. */
  jobs: number
  /** For all tests of one submission, where workers are as fast as on this machine. */
  milliseconds: number
  /** Grade those again that have a result. */
  isAgain?: boolean
  onProgress: (progress: GradeProgress) => void
  /** Stop: what runs is ended, and has no result. */
  signal?: AbortSignal
}

export interface GradeProgress {
  done: number
  count: number
  /** How many have a result from before. */
  kept: number
  /** What is being graded, and how many of its tests are. */
  now?: { name: string; tests: number; of: number }
  /** What was graded last. */
  last?: Pick<GradedSubmission, 'name' | 'status' | 'score' | 'max'>
}

/** Grade all. Throws if there is nothing to test, or if it is stopped. */
export async function gradeAll(grading: Grading): Promise<Grade> {
  const { chapter, lab, submissions, grades, language, workers, isAgain, onProgress } = grading
  const where = workers.where ? { where: workers.where } : {}
  if (lab.checks.length === 0)
    throw new Error(`chapter ${chapter.number} has no tests to grade with`)
  const { number, slug } = chapter
  const course = courseDigest(chapter)
  const frame = { stepbox: 'grade', version: gradeVersion, chapter: { number, slug } } as const
  const whole = (done: GradedSubmission[]): Grade => {
    return { ...frame, language, course, submissions: done }
  }
  const results = new Map<string, GradedSubmission>()
  for (const { name, digest } of isAgain ? [] : submissions) {
    const same = { course, language, chapter: frame.chapter, ...where }
    const kept = grades.kept({ name, answers: digest, ...same })
    if (kept) results.set(name, kept)
  }
  const kept = results.size
  const report = (more: Pick<GradeProgress, 'last' | 'now'>) =>
    onProgress({ done: results.size, count: submissions.length, kept, ...more })
  report({})
  const waiting = submissions.filter(({ name }) => !results.has(name))
  await inTurn(waiting, grading.jobs, async (each) => {
    const of = lab.checks.length
    const graded = await gradeOne(grading, each, (tests) =>
      report({ now: { name: each.name, tests, of } }),
    )
    grades.put(resultFile(graded.name), gradeText(whole([graded])))
    results.set(graded.name, graded)
    report({ last: graded })
  })
  const alike = await pairsIn(grading)
  return { ...whole(submissions.flatMap(({ name }) => results.get(name) ?? [])), ...alike }
}

/** Which submissions are alike; nothing if they are made so that it takes too long. */
async function pairsIn(grading: Grading): Promise<Pick<Grade, 'alike'>> {
  const { submissions, starter, workers, milliseconds, signal } = grading
  const own = submissions.map(({ name, answers }) => ({ name, answers }))
  const order: AlikeOrder = { alike: { submissions: own, starter } }
  const found: Pick<Grade, 'alike'> = {}
  if (submissions.length < 2) return found
  await workers.run(order, {
    ...{ milliseconds: milliseconds * workers.times, signal },
    onLine: (line) => {
      const said = saidIn(line)
      if (said && 'pairs' in said) found.alike = said.pairs
    },
  })
  return found
}

/** A grade as the text of a file. */
export function gradeText(grade: Grade): string {
  return `${JSON.stringify(grade, null, 1)}\n`
}

/** Do `work` for each item, `jobs` at a time. After a failure no other begins. */
async function inTurn<T>(
  items: T[],
  jobs: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items]
  const one = async () => {
    try {
      for (let item = left.shift(); item; item = left.shift()) await work(item)
    } finally {
      left.length = 0
    }
  }
  const all = Array.from({ length: Math.min(jobs, items.length) }, one)
  const failed = (await Promise.allSettled(all)).find((each) => each.status === 'rejected')
  if (failed) throw failed.reason
}

async function gradeOne(
  grading: Grading,
  handedIn: HandedIn,
  onTest: (count: number) => void,
): Promise<GradedSubmission> {
  const { chapter, lab, language, workers, signal } = grading
  const { name, digest } = handedIn
  const answers = { ...grading.starter, ...handedIn.answers }
  const checks = lab.checks.map(({ id }) => id)
  const milliseconds = grading.milliseconds * workers.times
  const begin = Date.now()
  const tests = new Map<string, GradedTest>()
  let isWhole = false
  const onLine = (line: string) => {
    const said = saidIn(line)
    if (said && 'test' in said) onTest(tests.set(said.test.id, said.test).size)
    else if (said && 'tests' in said) isWhole = said.tests === tests.size
  }
  const order = { chapter: chapter.number, language, answers, checks }
  const end = await workers.run(order, { onLine, milliseconds, signal })
  if (end.how === 'stopped') throw new Error('it was stopped; the same command goes on from here')
  const how = end.how === 'done' && !isWhole ? { ...end, how: 'crashed' as const } : end
  const all = lab.checks.map(
    (check) => tests.get(idOf(chapter, check)) ?? untested(check, grading, how),
  )
  const files = handedIn.files.map(({ path, state, why }) => {
    return { path, state, ...(why ? { why: grading.say(why) } : {}) }
  })
  const graded = new Date(begin).toISOString()
  const sums = { name, status: statusOfAll(all), ...pointsOf(all) }
  const where = workers.where ? { where: workers.where } : {}
  return { ...sums, answers: digest, files, tests: all, ms: Date.now() - begin, graded, ...where }
}

/** A test that the worker did not come to. If it was too slow, that is the submission's fault. */
function untested(check: Check, grading: Grading, end: WorkerEnd): GradedTest {
  const { chapter, workers, say } = grading
  const lacking = new Map(end.lacking)
  const n = (grading.milliseconds * workers.times) / 1000
  const { exercise, points, needs = [] } = check
  const missing = needs.find((each) => lacking.has(each))
  const status = missing !== undefined ? 'blocked' : end.how === 'late' ? 'fail' : 'error'
  const why: Sentence =
    status === 'fail'
      ? sentence('not judged: the {n} seconds for all tests were over', { n })
      : sentence('the worker that judged it crashed: {because}', { because: end.because })
  const cause = missing !== undefined ? `${missing}: ${lacking.get(missing)}` : say(why)
  const common = { id: idOf(chapter, check), exercise, claim: say(check.claim), status } as const
  return { ...common, score: 0, max: points, needs: [...needs], cause, output: cause, ms: 0 }
}

/** Over the checks of a chapter and all that they stand on. */
function courseDigest(chapter: Chapter): string {
  const paths = closure([`${folderOf(chapter)}/lab/lab.ts`, 'runtime/lab/subject.ts'])
  const hash = createHash('sha256')
  for (const path of paths) hash.update(`${path}\0${sourceOf(path)}\0`)
  return hash.digest('hex')
}
