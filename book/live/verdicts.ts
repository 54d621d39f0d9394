/** The reporter of tests that a page runs: what people read, and each verdict as it comes. */
import type { TestCase } from 'vitest/node'
import { Claims } from '../../test/claims.ts'

/** Begins a line of output that is a verdict: as JSON. */
export const verdictMark = '\x1e'

/** What is sent to the page about a test. */
export interface Verdict {
  name: string
  state: 'pass' | 'fail' | 'skip'
  ms?: number
  message?: string
}

/** vitest makes one of these, by the path of this file. */
export default class Verdicts extends Claims {
  constructor() {
    super(false)
  }

  onTestCaseResult(test: TestCase): void {
    const result = test.result()
    if (result.state === 'pending') return
    const message = result.state === 'skipped' ? result.note : result.errors?.[0]?.message
    const verdict: Verdict = {
      name: test.fullName,
      state: ({ passed: 'pass', failed: 'fail', skipped: 'skip' } as const)[result.state],
      ms: Math.round(test.diagnostic()?.duration ?? 0),
      ...(message === undefined ? {} : { message }),
    }
    console.log(`${verdictMark}${JSON.stringify(verdict)}`)
  }
}
