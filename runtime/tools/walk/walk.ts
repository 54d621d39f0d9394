/** Step by step. A container's birth one call at a time: make a call, look at what it changed. */
import { removeContainer } from '../../container/containers.ts'
import type { Launch, Report } from '../../native.ts'
import { run, type RunOptions, type RunResult } from '../../container/run.ts'
import type { Step } from '../../step.ts'
import { programOf } from '../proc.ts'
import { changesBetween, type Difference } from './changes.ts'
import { observe, type Observation } from './observe.ts'

/** What one step did. Without a report, the call was the one that became the command. */
export interface Frame {
  index: number
  report?: Report
  state?: Observation
  changes: Difference[]
}

export interface Walk {
  plan: Step[]
  /** The state before the first call. */
  start: Observation
  /** The index of the call that is next; `plan.length` when the command runs or has ended. */
  next: number
  /**
   * Make the next call. Undefined when there is none left. Without looking, what it changed shows
   * in the next frame that is looked at.
   */
  advance(isLooking?: boolean): Promise<Frame | undefined>
  /** The process that goes through the list, by the host's number. */
  pid: number
  /** The native program that makes the calls. */
  launched: Launch
  /** Undo everything: the half-built container is killed, and nothing of it is kept. */
  abandon(): Promise<void>
  /** How it ended, once it has. */
  result: Promise<RunResult>
}

/**
 * Start a container of `options` and stop before its first call. Nothing is made before `advance`.
 * Rejects as `run` does, when something is wrong before anything was touched.
 */
export function beginWalk(options: RunOptions): Promise<Walk> {
  return new Promise((resolve, reject) => {
    const reports: Report[] = []
    let arrived = (): void => {}
    const result = run({
      ...options,
      mode: 'step',
      onReport: (report) => {
        reports.push(report)
        arrived()
      },
      onLaunch: (launched, plan, groups) => {
        const ended = launched.outcome.then(() => undefined)
        const take = async (): Promise<Report | undefined> => {
          while (reports.length === 0) {
            const more = new Promise<true>((settle) => (arrived = () => settle(true)))
            if (!(await Promise.race([more, ended]))) break
          }
          return reports.shift()
        }
        walkOf({ launched, plan, groups, take, root: options.root, result: () => result }).then(
          resolve,
          reject,
        )
      },
    })
    result.catch(reject)
  })
}

interface Parts {
  launched: Launch
  plan: Step[]
  groups: string[]
  root: string
  take: () => Promise<Report | undefined>
  result: () => Promise<RunResult>
}

async function walkOf({ launched, plan, groups, root, take, result }: Parts): Promise<Walk> {
  while (!isReady(launched.pid)) await new Promise((resolve) => setTimeout(resolve, 1))
  const first = await observe(launched.pid, groups)
  if (!first) throw new Error('the native program ended before its first call')
  let state = first
  const walk: Walk = {
    plan,
    start: first,
    next: 0,
    pid: launched.pid,
    launched,
    result: result(),
    async abandon() {
      launched.abandon()
      const { container } = await result()
      removeContainer(root, container)
    },
    async advance(isLooking = true) {
      const index = walk.next
      const step = plan[index]
      if (!step) return undefined
      walk.next++
      launched.goAhead()
      const report = step.call[0] === 'execvpe' ? await becomes(walk.pid, take) : await take()
      if (step.call[0] === 'fork' && report && !report.errno) walk.pid = report.result
      const after = isLooking ? await observe(walk.pid, groups) : undefined
      const changes = after ? changesBetween(state, after) : []
      if (after) state = after
      if (report?.errno && report.errno !== step.ignoring) walk.next = plan.length
      return { index, changes, ...(report ? { report } : {}), ...(after ? { state: after } : {}) }
    },
  }
  return walk
}

/**
 * An execvpe that succeeds cannot report: the program that would is no more. What can be seen is
 * that the process runs another file than the sealed copy of the native program, or has ended.
 */
async function becomes(
  pid: number,
  take: () => Promise<Report | undefined>,
): Promise<Report | undefined> {
  const report = take()
  let isOver = false
  void report.finally(() => (isOver = true))
  while (!isOver && programOf(pid).startsWith('/memfd:stepbox'))
    await new Promise((resolve) => setTimeout(resolve, 1))
  return isOver ? report : undefined
}

/** Once the program runs from its sealed copy it makes no call that is not in the list. */
function isReady(pid: number): boolean {
  const program = programOf(pid)
  return program === '' || program.startsWith('/memfd:stepbox')
}
