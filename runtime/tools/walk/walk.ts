/** Starting a container one call at a time: make a call, look at what it changed. */
import type { Runtime } from '../../chapter.ts'
import { remove } from '../../container/remove.ts'
import { begin, finish, type RunOptions, type RunResult } from '../../container/run.ts'
import type { Started } from '../../container/start.ts'
import type { Launch } from '../../native.ts'
import type { Report } from '../../reports.ts'
import type { Step } from '../../step.ts'
import { commandName, programOf } from '../proc.ts'
import { changesBetween, fileChanges, type Difference } from './changes.ts'
import { observe, type Looks, type Observation } from './observe.ts'
import { targetsAt } from './targets.ts'

/** What one step did. An execvpe that succeeds has no report. */
export interface Frame {
  index: number
  report?: Report
  state?: Observation
  changes: Difference[]
}

/** A list that is carried out one call at a time. */
export interface Walk<Result = RunResult> {
  plan: Step[]
  /** The state before the first call. */
  start: Observation
  /** The index of the next call; `plan.length` once the command runs. */
  next: number
  /**
   * Make the next call. Undefined if there is none left. With `isLooking` false, its changes show
   * in the next frame that is looked at.
   */
  advance(isLooking?: boolean): Promise<Frame | undefined>
  /** The process that carries out the plan, by the host's number. */
  pid: number
  /** The native program that makes the calls. */
  launched: Launch
  /** As `Started` has it. */
  kill(): void
  /** Kill the half-built container and remove all of it, or the process that joins one. */
  abandon(): Promise<void>
  /** Wait until the command has ended, and settle the container. */
  finish(): Promise<Result>
}

/**
 * Start a container of `options` and stop before its first call. Rejects as `begin` does if the
 * options are wrong.
 */
export async function beginWalk(runtime: Runtime, options: RunOptions): Promise<Walk> {
  const started = await begin(runtime, { ...options, mode: 'step' })
  const { groups = [] } = started.setting.container
  return walkOf(runtime, started, {
    groups,
    finish: () => finish(runtime, started),
    undo: async ({ container }) => void (await remove(runtime, container)),
  })
}

/** A list that was begun in mode `step`. */
type Begun = Pick<Started, 'launched' | 'plan' | 'pid' | 'reports'> & Partial<Pick<Started, 'kill'>>

interface Ends<Result> {
  /** Control groups to look at. */
  groups: string[]
  finish: () => Promise<Result>
  /** Called when it has ended before its command ran. */
  undo?: (result: Result) => Promise<void>
}

/** Stop before the first call of `started`. */
export async function walkOf<Result>(
  runtime: Runtime,
  started: Begun,
  { groups, finish: ended, undo }: Ends<Result>,
): Promise<Walk<Result>> {
  const { launched, plan } = started
  const looks = { groups, observers: await observersOf(runtime) }
  while (!isReady(launched.pid)) await new Promise((resolve) => setTimeout(resolve, 1))
  const first = await observe(launched.pid, looks)
  if (!first) throw new Error('the native program ended before its first call')
  const take = reportsOf(started)
  let ending: Promise<Result> | undefined
  let state = first
  const walk: Walk<Result> = {
    plan,
    start: first,
    next: 0,
    pid: launched.pid,
    launched,
    kill: started.kill ?? launched.abandon,
    finish: () => (ending ??= ended()),
    async abandon() {
      launched.abandon()
      const result = await walk.finish()
      await undo?.(result)
    },
    async advance(isLooking = true) {
      const index = walk.next
      const step = plan[index]
      if (!step) return undefined
      walk.next++
      const [before, pid] = [isLooking ? targetsAt(walk.pid, step.call) : {}, walk.pid]
      launched.goAhead()
      const report = step.call[0] === 'execvpe' ? await becomes(walk.pid, take) : await take()
      walk.pid = started.pid
      const after = isLooking ? await observe(walk.pid, looks) : undefined
      const changes = after ? changesBetween(state, after) : []
      const isShown = changes.some(({ topic }) => topic === 'limit')
      if (after && !isShown) changes.push(...fileChanges(before, targetsAt(pid, step.call)))
      if (after) state = after
      if (report?.failed) walk.next = plan.length
      return { index, changes, ...(report ? { report } : {}), ...(after ? { state: after } : {}) }
    },
  }
  return walk
}

async function observersOf({ rows }: Runtime): Promise<NonNullable<Looks['observers']>> {
  const ofChapters = await Promise.all(rows.map(({ tools }) => tools?.()))
  const all = ofChapters.flatMap((each) => each?.observers ?? [])
  return all.map((each) => (typeof each === 'function' ? each() : each))
}

/** Gives the next report, or undefined once the native program has ended. */
function reportsOf({ reports }: Begun): () => Promise<Report | undefined> {
  const iterator = reports[Symbol.asyncIterator]()
  return async () => {
    const { value, done } = await iterator.next()
    return done ? undefined : value
  }
}

/**
 * An execvpe that succeeds replaces the program that would report it. Wait until the process runs
 * another file than the native program's memfd, and has its name, or has ended.
 */
async function becomes(
  pid: number,
  take: () => Promise<Report | undefined>,
): Promise<Report | undefined> {
  const report = take()
  let isOver = false
  void report.finally(() => (isOver = true))
  const isNative = () =>
    programOf(pid).startsWith('/memfd:stepbox') || commandName(pid) === 'memfd:stepbox'
  while (!isOver && isNative()) await new Promise((resolve) => setTimeout(resolve, 1))
  return isOver ? report : undefined
}

/** Once the program runs from its memfd, it makes no calls but those of the plan. */
function isReady(pid: number): boolean {
  const program = programOf(pid)
  return program === '' || program.startsWith('/memfd:stepbox')
}
