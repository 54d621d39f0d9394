/** A submission in the forms of GitHub's autograding reporter and of Classroom 50. */
import { countedOf, statusOfAll } from '../format.ts'
import type { Grade, GradedSubmission, GradedTest } from '../format.ts'

/**
 * For `classroom-resources/autograding-grading-reporter`, which reads it from `<RUNNER>_RESULTS`:
 * JSON in base64. It counts whatever is in `tests`, so blocked ones are not.
 */
export function reporter({ tests, max }: GradedSubmission): string {
  const counted = countedOf(tests)
  const status = statusOfAll(counted)
  const results = {
    version: 1,
    status: status === 'pass' || status === 'fail' ? status : 'error',
    max_score: max,
    tests: counted.map((test) => ({
      name: `${test.id}: ${test.claim}`,
      status: test.status === 'pass' || test.status === 'fail' ? test.status : 'error',
      score: test.score,
      message: test.status === 'pass' ? null : test.output || test.cause,
      test_code: `stepbox lab test -t ${test.id}`,
      filename: '',
      line_no: 0,
      duration: test.ms,
    })),
  }
  return `${Buffer.from(JSON.stringify(results)).toString('base64')}\n`
}

/** What the runner of Classroom 50 has in its environment. */
export type Classroom50 = Record<string, string | undefined>

/**
 * result.json of Classroom 50, `classroom50/result/v1`. Which repository was graded is in the
 * runner's environment; elsewhere it is made up of what is known here.
 */
export function classroom50(
  { chapter }: Grade,
  { name, tests, graded }: GradedSubmission,
  env: Classroom50,
): string {
  const counted = countedOf(tests)
  const scale = counted.every(hasWholePoints) ? 1 : 100
  const points = (each: number) => Math.round(each * scale)
  const sum = (each: number[]) => each.reduce((all, one) => all + one, 0)
  const at = graded.replace(/\.\d+Z$/, 'Z')
  const commit = env['COMMIT_URL'] || 'unknown'
  const result = {
    schema: 'classroom50/result/v1',
    classroom: env['CLASSROOM'] || 'stepbox',
    assignment: env['ASSIGNMENT'] || `${String(chapter.number).padStart(2, '0')}-${chapter.slug}`,
    assignment_type: env['ASSIGNMENT_TYPE'] === 'group' ? 'group' : 'individual',
    owner: env['OWNER'] || env['USERNAME'] || name,
    submission: env['SUBMISSION_TAG'] || `submit/${at.replaceAll(':', '-')}`,
    commit,
    release: env['RELEASE_URL'] || commit,
    review: env['REVIEW_URL'] || commit,
    datetime: at,
    graded_at: at,
    score: sum(counted.map(({ score }) => points(score))),
    'max-score': sum(counted.map(({ max }) => points(max))),
    tests: counted.map(({ id, claim, status, score, max, output }) => ({
      'test-name': `${id}: ${claim}`,
      passed: status === 'pass',
      score: points(score),
      'max-score': points(max),
      output,
    })),
  }
  return `${JSON.stringify(result, null, 2)}\n`
}

/** It knows whole numbers only. */
function hasWholePoints({ score, max }: GradedTest): boolean {
  return Number.isInteger(score) && Number.isInteger(max)
}
