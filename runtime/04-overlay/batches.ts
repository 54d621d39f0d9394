/** Chapter 4. File calls by the thousand: a native program that answers plan after plan. */
import { launch, StepError, type Outcome, type Report } from '../native.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(4)

export interface Batches {
  /**
   * Make the calls of `plan`, after those of all plans before it. Gives the reports of the steps
   * that brought something back (an xattr's value, extents), and no others. Rejects with a
   * StepError when a step fails; then no further call is made, and every later `make` rejects too.
   */
  make(plan: Step[]): Promise<Report[]>
  /** No further plan follows. Resolves when the program is gone, whatever has gone wrong before. */
  end(): Promise<void>
}

/**
 * Start the native program and make the calls of `first`. A program of its own can chroot: whatever
 * paths the plans after it name then, they stay inside.
 */
export function batches(first: Step[]): Batches {
  const waiting: Waiting[] = []
  let ended: Error | undefined
  const launched = launch([], { stdio: ['ignore', 'ignore', 'inherit'] })
  const hear = async () => {
    for await (const report of launched.reports) {
      if (report.failed) launched.end()
      else if (report.answer.length > 0) waiting[0]?.reports.push(report)
      else {
        const done = waiting.shift()
        done?.resolve(done.reports)
      }
    }
    ended = errorOf(await launched.outcome, waiting[0]?.plan ?? [])
    for (const { reject } of waiting) reject(ended)
  }
  const gone = hear()
  const make = (plan: Step[]) =>
    new Promise<Report[]>((resolve, reject) => {
      if (ended) return reject(ended)
      launched.send(plan)
      launched.send(done, 'trace')
      waiting.push({ plan, reports: [], resolve, reject })
    })
  make(first).catch(() => {}) // ignoring: every later plan fails for the same reason, and says so
  const end = async () => {
    launched.end()
    await gone
  }
  return { make, end }
}

interface Waiting {
  plan: Step[]
  reports: Report[]
  resolve(reports: Report[]): void
  reject(error: Error): void
}

/** In mode `run` a plan ends without a word; so each is followed by one that is reported. */
const done = [step(['umask', 0], 'it cannot fail and brings nothing back: the end of a batch')]

function errorOf({ failure, refused, exitCode }: Outcome, plan: Step[]): Error {
  if (failure) return new StepError(plan, failure)
  if (refused) return new Error(`the native program refused the plan: ${refused}`)
  return new Error(exitCode === 0 ? 'no plan follows the end' : 'the native program was killed')
}
