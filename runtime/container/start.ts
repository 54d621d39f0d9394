/** Start a container: make its plan, and hand it to the native program. */
import { rowsFor, type Chapter, type Runtime, type Setting } from '../chapter.ts'
import { makeReady, type Launch, type LaunchOptions, type Ready } from '../native.ts'
import type { Report } from '../reports.ts'
import { childOf, identify, signalTo } from '../process.ts'
import type { Step } from '../step.ts'
import { announce } from './announce.ts'
import type { Created } from './create.ts'
import { saveRunning } from './state.ts'

/** Another list instead of `plan`, for the container whose directory is `dir`. */
export type Alteration = (plan: Step[], dir: string) => Step[]

export interface StartOptions extends Pick<LaunchOptions, 'stdio' | 'mode' | 'keys'> {
  /** A native program that was started beforehand. */
  ready?: Ready
  /** Carry out another list than the chapter's: one with a line left out. */
  alter?: Alteration
}

/** A container whose list is being carried out. */
export interface Started {
  setting: Setting
  plan: Step[]
  launched: Launch
  /** The process that goes through the list, by the host's number. */
  pid: number
  /**
   * Each report as it comes. The fork is on record before its report is given. After a failure,
   * the process that made the call stays as it is until the next report is asked for.
   */
  reports: AsyncIterable<Report>
  /** The state could not be written, and the container was killed for it. */
  problem?: unknown
  /** End the container at once, with SIGKILL; or the start, if there is no process yet. */
  kill(): void
}

/** Start what `create` laid out. Throws when there is no such plan, before anything runs. */
export async function start(
  runtime: Runtime,
  { setting, options }: Created,
  { stdio, ready, alter = (plan) => plan, ...more }: StartOptions = {},
): Promise<Started> {
  const rows = await rowsFor(runtime, setting.container.chapter)
  const plan = alter(await rowOf(rows).plan(options), setting.dir)
  for (const row of rows) await row.listed?.(setting, { plan, options, rows })
  const launched = (ready ?? makeReady(stdio)).begin(plan, {
    ...more,
    settles: true,
    onRunning: () => announce(runtime, setting.container, { action: 'start' }),
  })
  launched.process.once('exit', (_, signal) => signal && endFirst(setting))
  const kill = () => {
    const { init } = setting.container
    if (init) signalTo(init, 'SIGKILL')
    else launched.abandon()
  }
  const started: Omit<Started, 'reports'> = { setting, plan, launched, pid: launched.pid, kill }
  return Object.assign(started, { reports: recorded(started, rows) })
}

/**
 * The native program was killed. The container's first process asked to die with it (prctl(2),
 * PR_SET_PDEATHSIG), but could take that back.
 */
function endFirst({ container }: Setting): void {
  if (container.init) signalTo(container.init, 'SIGKILL')
}

function rowOf(rows: Chapter[]): Chapter {
  const row = rows.at(-1)
  if (!row) throw new Error('there are no chapters')
  return row
}

/**
 * The native program's reports. A container must not live on without a record: where the first
 * process cannot be written down, because the disk is full, everything is killed.
 */
async function* recorded(
  started: Omit<Started, 'reports'>,
  rows: Chapter[],
): AsyncGenerator<Report> {
  const { plan, launched, setting } = started
  const fork = plan.findIndex(({ call }) => call[0] === 'fork')
  let isSupervised = false
  for await (const report of launched.reports) {
    if (plan[report.index]?.call[0] === 'supervise' && report.result > 0) {
      isSupervised = true
      started.pid = report.result
    }
    if (plan[report.index]?.call[0] === 'init' && !report.errno)
      started.pid = childOf(started.pid) ?? started.pid // process 1 stays, its child goes on
    if (report.index === fork && !report.errno) {
      started.pid = report.result
      try {
        record(setting, isSupervised ? launched : undefined, report.result)
        for (const row of rows) await row.started?.(setting)
      } catch (error) {
        started.problem = error
        launched.abandon()
      }
    }
    yield report
  }
}

/**
 * Its monitor is the native program from now on, if the list has made it that. A first process that
 * has ended by now is in the journal of such a monitor, which may start the container again.
 */
function record({ container, root }: Setting, own: Launch | undefined, pid: number): void {
  const init = identify(pid)
  const monitor = own ? identify(own.pid) : container.monitor
  if (!monitor || !(init ?? own)) return
  const running = init ? { init, status: 'running' as const } : {}
  saveRunning(root, Object.assign(container, { monitor, ...running }))
}
