/** Thousands of file calls: a native program that carries out plan after plan. */
import { newRoom, type Room } from '../encode.ts'
import { NativeFailure } from '../native-failure.ts'
import { launch, StepError, type Outcome } from '../native.ts'
import type { Report } from '../reports.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(4)

export interface Batches {
  /** The program's, by which /proc shows what it has open. */
  pid: number
  /**
   * Make the calls of `plan`, after those of all earlier plans. Gives the reports of the steps that
   * have an answer (the value of an attribute, extents). Rejects with a StepError if a step fails;
   * no further call is made then, and every later `make` rejects too.
   */
  make(plan: Step[]): Promise<Report[]>
  /** End the program. Resolves when it has ended, even after a failure. */
  end(): Promise<void>
}

/**
 * Start the native program and make the calls of `first`. The program is a separate process and
 * may chroot: the paths in all later plans then cannot leave that directory. It has the file
 * `keptFd` open until it ends, and with it a lock on that.
 */
export function batches(first: Step[], keptFd?: number): Batches {
  const waiting: Waiting[] = []
  const rooms: Room[] = []
  let ended: Error | undefined
  const launched = launch([], { stdio: [keptFd ?? 'ignore', 'ignore', 'inherit'] })
  const readReports = async () => {
    for await (const report of launched.reports) {
      if (report.failed) launched.end()
      else if (report.answer.length > 0) waiting[0]?.reports.push(report)
      else {
        const finished = waiting.shift()
        if (finished) rooms.push(finished.room)
        finished?.resolve(finished.reports)
      }
    }
    ended = errorOf(await launched.outcome, waiting[0]?.plan ?? [])
    for (const { reject } of waiting) reject(ended)
  }
  const allRead = readReports()
  const make = (plan: Step[]) =>
    new Promise<Report[]>((resolve, reject) => {
      if (ended) return reject(ended)
      const room = rooms.pop() ?? newRoom(2 ** 14)
      launched.send(plan, 'run', room)
      launched.send(endMark, 'trace')
      waiting.push({ plan, reports: [], room, resolve, reject })
    })
  make(first).catch(() => {}) // ignoring: every later plan rejects with the same error
  const end = async () => {
    launched.end()
    await allRead
  }
  return { pid: launched.pid, make, end }
}

/** A plan that was sent, with the answers so far. */
interface Waiting {
  plan: Step[]
  reports: Report[]
  /** Where it was encoded. */
  room: Room
  resolve(reports: Report[]): void
  reject(error: Error): void
}

/**
 * In mode `run` the program does not report success. So each plan is followed by this one, in mode
 * `trace`: its report has no answer and means that the plan before it is finished.
 */
const endMark = [step(['umask', 0], 'it cannot fail and has no answer: the end of a batch')]

function errorOf({ failure, refused, exitCode }: Outcome, plan: Step[]): Error {
  if (failure) return new StepError(plan, failure)
  if (refused || exitCode !== 0) return new NativeFailure(refused)
  return new Error('no plan follows the end')
}
