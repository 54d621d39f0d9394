/** The native program as Node sees it. This is the only module that starts processes. */
import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { controlFd } from './descriptors.ts'
import { encode, type Mode, type Room } from './encode.ts'
import { endOf, errnoNamed } from './kernel-names.ts'
import { NativeFailure } from './native-failure.ts'
import { whyNotStarted } from './not-started.ts'
import { handsOn, queue, readLines, reportOf } from './reports.ts'
import type { OnLine, Queue, Report } from './reports.ts'
import type { Step } from './step.ts'
import { errnoInWords, failureInWords } from './strace.ts'

/** Where set-up puts the program. The bundle in dist/ is as deep in the tree as this file. */
export const nativePath = join(import.meta.dirname, '../native/stepbox')

/** How a plan ended. */
export interface Outcome {
  /** 0–255; 128 + n when signal n ended the command; 125 when a step failed. */
  exitCode: number
  /** The signal that ended the command itself, as 'SIGKILL'. */
  signal?: string
  /** The step that failed; none was made after it. */
  failure?: Report
  /** Why the native program did not carry out the plan, in its words. */
  refused?: string
  /** Standard output or error took no more bytes, and the container was killed for it. */
  unwritten?: { fd: number; errno: string }
  /** The log took no more: the name of the errno. */
  unlogged?: string
  /** The command lives on without this process: with `supervise`, or after its detach keys. */
  livesOn?: boolean
  isDetached?: boolean
  /**
   * A monitor has waited for the container, and noted its end. It has locked the container's
   * directory until the launch is abandoned (`locked`), or somebody else has; or it starts the
   * container again, now without this process.
   */
  supervised?: 'locked' | 'over' | 'again'
  /** The native program itself was killed, and the container with it if it had one. */
  lost?: boolean
}

export interface Launch {
  /** The pid of the native program, which waits for the container. */
  pid: number
  process: ChildProcess
  /** Never rejects. */
  outcome: Promise<Outcome>
  /**
   * Each report as it comes; ends when the native program has ended. To ask for the next one, or to
   * leave the loop, means "go on". Until then:
   *
   *     a step of the first plan has failed   the process that made the call stays as it is
   *     execvpe is next, in mode `trace`      it is not made
   *
   * Without a loop everything goes on at once. The reports can be read by one loop, which has to
   * begin in the same turn as the launch, or some steps may have gone on before it.
   */
  reports: AsyncIterable<Report>
  /** In mode `step`: make the next call. */
  goAhead(): void
  /** Send another plan to the same program (only for plans that neither fork nor execute). */
  send(plan: Step[], mode?: Mode, room?: Room): void
  /** No further plan follows. */
  end(): void
  /** Close the socket: the native program kills what it started, and ends. */
  abandon(): void
}

type Stream = 'inherit' | 'ignore' | 'pipe' | number

export interface LaunchOptions {
  mode?: Mode
  /** Detach keys: what lets go of the container when it is typed on the terminal. */
  keys?: Uint8Array
  /** Called when the command runs, if there is no `supervise` to say so. */
  onRunning?: () => void
  /** Let go of the command as soon as it runs (`outlive`). */
  letsGo?: boolean
  /** The three descriptors of the container; nothing else is inherited. */
  stdio?: [Stream, Stream, Stream]
  /** The number of further sockets to us, from `firstFd` on, for a plan that leaves them open. */
  sockets?: number
  /** Wait for the end of the native program, even if the command lives on without this process. */
  stays?: boolean
  /** The end of the container is that of the launch; its monitor waits until it is abandoned. */
  settles?: boolean
}

/** Start the native program on `plan`. Throws, and starts nothing, if that cannot be encoded. */
export function launch(plan: Step[], options: LaunchOptions = {}): Launch {
  const bytes = encode(plan, options.mode, options) // throws
  return start(options.stdio, options.sockets).begin(plan, bytes, options)
}

/** A native program that has been started and waits for its first plan. */
export interface Ready {
  /** Throws when the plan cannot be encoded; then nothing of it has been sent. */
  begin(plan: Step[], options?: LaunchOptions): Launch
  /** There will be no plan. */
  dismiss(): void
}

/**
 * Start the native program before there is a plan: it gets ready on another processor while the
 * plan is made, and what the plan needs on the disk.
 */
export function makeReady(stdio: LaunchOptions['stdio'], sockets = 0): Ready {
  const { begin, abandon } = start(stdio, sockets)
  return {
    begin: (plan, options = {}) => begin(plan, encode(plan, options.mode, options), options),
    dismiss: abandon,
  }
}
/** Carry out a plan that neither forks nor executes, and give its reports in order. */
export async function perform(plan: Step[]): Promise<Report[]> {
  const reports: Report[] = []
  const launched = launch(plan, { mode: 'trace', stdio: ['ignore', 'ignore', 'inherit'] })
  launched.end()
  for await (const report of launched.reports) reports.push(report)
  const { failure, refused, lost, signal } = await launched.outcome
  if (refused) throw new NativeFailure(refused)
  if (lost || signal) throw new NativeFailure()
  if (failure) throw new StepError(plan, failure)
  return reports
}

/** A step that failed: the plan, and the report of its last step. */
export class StepError extends Error {
  readonly plan: Step[]
  readonly report: Report
  constructor(plan: Step[], report: Report) {
    super(failureInWords(plan, report.index, errnoInWords(report)))
    this.plan = plan
    this.report = report
  }
}

type Started = Pick<Launch, 'abandon'> & {
  begin(plan: Step[], bytes: Buffer, options: LaunchOptions): Launch
}

function start(three: LaunchOptions['stdio'] = ['ignore', 'inherit', 'inherit'], sockets = 0) {
  const further = Array.from({ length: sockets }, () => 'pipe' as const)
  const child = spawn(nativePath, [], { stdio: [...three, 'pipe', ...further], env: {} })
  const streams = child.stdio as ChildProcess['stdio'] | undefined // none if pipe(2) failed
  const control = streams?.[controlFd] as Duplex | undefined
  const pid = child.pid ?? 0
  const watch: Watch = { plan: [], maker: pid, isLetGo: false, reports: queue() }
  const outcome = follow(child, control, watch)
  const abandon = () => {
    watch.isLetGo = true
    control?.destroy()
  }
  const begin: Started['begin'] = (plan, bytes, options) => {
    Object.assign(watch, options, { plan })
    control?.write(bytes)
    return {
      ...{ pid, process: child, outcome, reports: watch.reports, abandon },
      goAhead: () => void control?.write('\n'),
      send: (more, next, room) => void control?.write(encode(more, next, room && { room })),
      end: () => void control?.end(),
    }
  }
  return { begin, abandon } satisfies Started
}

type Watched = 'mode' | 'stays' | 'settles' | 'letsGo' | 'onRunning'

/** The state of a native program that runs. */
interface Watch extends Pick<LaunchOptions, Watched> {
  /** The first plan: those that follow neither fork nor execute. */
  plan: Step[]
  /** The process that makes the next call. */
  maker: number
  /** It was abandoned, and may end without giving a reason. */
  isLetGo: boolean
  reports: Queue<Report>
}

function follow(child: ChildProcess, control: Duplex | undefined, watch: Watch): Promise<Outcome> {
  const outcome: Outcome = { exitCode: 125 }
  const letGo = () => void (control?.writable && control.write('\n'))
  let [isContainer, livesOn, ended] = [false, (_?: true) => {}, () => {}]
  let waitStatus: number | undefined
  const hasCommand = () => watch.plan.some(({ call }) => call[0] === 'execvpe')
  const onLine: OnLine = (kind, fields, answer) => {
    if (kind === 'exit' || kind === 'ended') waitStatus = Number(fields[0])
    if (kind === 'ended') {
      outcome.supervised = fields[1] as NonNullable<Outcome['supervised']>
      ended()
    } else if (kind === 'unwritten')
      outcome.unwritten = { fd: Number(fields[0]), errno: errnoNamed(Number(fields[1])) ?? '' }
    else if (kind === 'unlogged') outcome.unlogged = errnoNamed(Number(fields[0])) ?? ''
    else if (kind === 'running') livesOn()
    else if (kind === 'detached') livesOn(true)
    else if (kind === 'refused') outcome.refused = fields.join(' ')
    else if (kind !== 'exit') {
      const failed = kind === 'failed'
      const report = reportOf(fields, { pid: watch.maker, failed, answer })
      const nameAt = (index: number) => watch.plan[index]?.call[0]
      const name = nameAt(report.index)
      if (failed) outcome.failure = report
      else if (name === 'fork') [isContainer, watch.maker] = [true, report.result]
      else if (handsOn(name) && report.result > 0) watch.maker = report.result
      const isAwaited = watch.mode === 'trace' && nameAt(report.index + 1) === 'execvpe'
      watch.reports.push(report, failed || isAwaited ? letGo : undefined)
    }
  }
  return new Promise((resolve) => {
    const finish = (end: Outcome) => {
      watch.reports.end()
      resolve(end)
    }
    livesOn = (isDetached) => {
      const monitor = watch.plan.flatMap(({ call }) => (call[0] === 'supervise' ? [call] : []))[0]
      if (!monitor && !isDetached && !outcome.failure) watch.onRunning?.()
      const isLeft = monitor ? monitor[8] === 0 : watch.letsGo && !outcome.failure
      if (!isDetached && (!isLeft || watch.stays)) return
      child.unref()
      control?.destroy()
      const { unwritten } = outcome
      const how = { ...(isDetached ? { isDetached } : {}), ...(unwritten ? { unwritten } : {}) }
      finish({ exitCode: 0, livesOn: true, ...how })
    }
    ended = () => {
      if (!watch.settles) return void control?.destroy()
      child.unref()
      finish(Object.assign(outcome, endOf(waitStatus ?? 0)))
    }
    if (control) readLines(control, onLine)
    child.on('error', (error) => {
      const refused = whyNotStarted(error, nativePath)
      if (child.pid === undefined) finish({ exitCode: 125, refused })
    })
    child.on('close', (code, signal) => {
      if (waitStatus !== undefined) Object.assign(outcome, endOf(waitStatus))
      else if (signal && (isContainer || !hasCommand())) outcome.lost = true
      else if (signal) Object.assign(outcome, endOf(constants.signals[signal]))
      else outcome.exitCode = code ?? 125
      const hasReason = waitStatus !== undefined || outcome.failure || watch.isLetGo
      if (code === 125 && !hasReason) outcome.refused ??= 'it gave no reason'
      finish(outcome)
    })
  })
}
