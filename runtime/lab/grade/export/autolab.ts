/** A submission as what an autograder of Autolab prints. Its last line has the scores, in JSON. */
import { blockedOf, countedOf, type GradedSubmission } from '../format.ts'

/**
 * The problems of the assignment are the exercises, by their ids. An exercise with nothing but
 * blocked tests has no score. The line before the last shows the tests as a table.
 */
export function autolab({ tests }: GradedSubmission): string {
  const counted = countedOf(tests)
  const scores: Record<string, number> = {}
  for (const { exercise, score } of counted) scores[exercise] = (scores[exercise] ?? 0) + score
  const stages = Object.keys(scores)
  const table = stages.map((stage) => {
    const own = counted.filter(({ exercise }) => exercise === stage)
    const passed = own.map(({ id, status }) => [id, { passed: status === 'pass' }])
    return [stage, Object.fromEntries(passed)]
  })
  const lines = counted.filter(({ output }) => output !== '').flatMap(({ id, claim, output }) => [
    `${id}: ${claim}`,
    ...output.split('\n').map((line) => `  ${line}`),
  ])
  return [
    ...lines,
    ...blockedOf(tests).map(({ id, cause }) => `blocked: ${id}: ${cause}`),
    JSON.stringify({ _presentation: 'semantic', stages, ...Object.fromEntries(table) }),
    JSON.stringify({ scores }),
    '',
  ].join('\n')
}
