/** A container's birth one call at a time: make a call, look at what it changed. */
import type { Runtime } from '../../chapter.ts'
import { remove } from '../../container/remove.ts'
import { begin, finish, type RunOptions, type RunResult } from '../../container/run.ts'
import type { Started } from '../../container/start.ts'
import type { Launch, Report } from '../../native.ts'
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
  /** Wait until the command has ended, and clean up after the container. */
  finish(): Promise<RunResult>
}

/**
 * Start a container of `options` and stop before its first call. Nothing is made before `advance`.
 * Rejects as `begin` does, when something is wrong before anything was touched.
 */
export async function beginWalk(runtime: Runtime, options: RunOptions): Promise<Walk> {
  const started = await begin(runtime, { ...options, mode: 'step' })
  const { launched, plan, setting } = started
  const groups = setting.container.groups ?? []
  while (!isReady(launched.pid)) await new Promise((resolve) => setTimeout(resolve, 1))
  const first = await observe(launched.pid, groups)
  if (!first) throw new Error('the native program ended before its first call')
  const take = reportsOf(started)
  let ending: Promise<RunResult> | undefined
  let state = first
  const walk: Walk = {
    plan,
    start: first,
    next: 0,
    pid: launched.pid,
    launched,
    finish: () => (ending ??= finish(runtime, started)),
    async abandon() {
      launched.abandon()
      const { container } = await walk.finish()
      await remove(runtime, container)
    },
    async advance(isLooking = true) {
      const index = walk.next
      const step = plan[index]
      if (!step) return undefined
      walk.next++
      launched.goAhead()
      const report = step.call[0] === 'execvpe' ? await becomes(walk.pid, take) : await take()
      walk.pid = started.pid
      const after = isLooking ? await observe(walk.pid, groups) : undefined
      const changes = after ? changesBetween(state, after) : []
      if (after) state = after
      if (report?.failed) walk.next = plan.length
      return { index, changes, ...(report ? { report } : {}), ...(after ? { state: after } : {}) }
    },
  }
  return walk
}

/** The next report, or undefined when the native program has ended. */
function reportsOf({ reports }: Started): () => Promise<Report | undefined> {
  const iterator = reports[Symbol.asyncIterator]()
  return async () => {
    const { value, done } = await iterator.next()
    return done ? undefined : value
  }
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
