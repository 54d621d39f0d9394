/** A submission as Gradescope's results.json. */
import { blockedOf, countedOf, type GradedSubmission } from '../format.ts'

/**
 * Blocked tests have no points there, and so do not lower the score; the text at the top names
 * them, because the assignment's maximum is fixed on the site.
 */
export function gradescope({ tests, score, ms }: GradedSubmission): string {
  const blocked = blockedOf(tests).map(({ id, cause }) => `blocked: ${id}: ${cause}`)
  const results = {
    score,
    execution_time: Math.round(ms / 1000),
    output: blocked.join('\n'),
    stdout_visibility: 'hidden',
    tests: countedOf(tests).map((test) => ({
      name: test.claim,
      number: test.id,
      score: test.score,
      max_score: test.max,
      status: test.status === 'pass' ? 'passed' : 'failed',
      output: test.output,
      output_format: 'text',
      visibility: 'visible',
    })),
  }
  return `${JSON.stringify(results, null, 2)}\n`
}
