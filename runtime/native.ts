/** Chapter 1. The native program, from our side: the one module that starts processes. */
import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { encode, type Mode } from './encode.ts'
import type { CallName, Step } from './step.ts'

/** Where set-up puts the program; the bundle in dist/ lies as deep as this file. */
export const nativePath = join(import.meta.dirname, '../native/stepbox')

/** What the native program says of a step: its place in the plan, the kernel's answer, the time. */
export interface Report {
  index: number
  result: number
  /** The name of the errno, or undefined on success. */
  errno?: string
  nanoseconds: number
  /** Bytes that the call brought back (xattrs, extents). */
  answer: Buffer
}

/** How a plan ended. */
export interface Outcome {
  /** 0–255; 128 + n when signal n ended the command; 125 when a step failed. */
  exitCode: number
  /** The signal that ended the command itself, as 'SIGKILL'. */
  signal?: string
  /** The step that failed, as the last thing that was done. */
  failure?: Report
  /** A plan that the native program could not carry out, in its words. */
  refused?: string
  /** The native program itself was killed, and the container with it. */
  lost?: boolean
}

export interface Launch {
  /** Id of the native program, which waits for the container. */
  pid: number
  process: ChildProcess
  outcome: Promise<Outcome>
  /** In mode `step`: make the next call. */
  goAhead(): void
  /** Send another plan to the same program (only for plans that neither fork nor execute). */
  send(plan: Step[], mode?: Mode): void
  /** No further plan follows. */
  end(): void
  /** Let go: the native program kills what it started, and ends. */
  abandon(): void
}

type Stream = 'inherit' | 'ignore' | 'pipe' | number

export interface LaunchOptions {
  mode?: Mode
  /** The three descriptors of the container; nothing else is inherited. */
  stdio?: [Stream, Stream, Stream]
  /** So many sockets to us beside them, from descriptor 4 on, for a plan that leaves them open. */
  sockets?: number
  onReport?: (report: Report) => void
  /**
   * A step failed, and the process that made the call, `pid`, stays as it is until this is done:
   * the place to look why. Never rejects.
   */
  onFailure?: (failure: Report, pid: number) => Promise<void>
}

/**
 * Start the native program on `plan`. A plan that cannot be put in bytes throws before anything is
 * started; everything that goes wrong later is in the outcome.
 */
export function launch(plan: Step[], options: LaunchOptions = {}): Launch {
  encode(plan, options.mode) // throws
  return makeReady(options.stdio, options.sockets).begin(plan, options)
}

/** A native program that has been started and waits for its first plan. */
export interface Ready {
  begin(plan: Step[], options?: LaunchOptions): Launch
  /** There will be no plan. */
  dismiss(): void
}

/**
 * Start the native program before there is a plan: while it begins, on another processor, the plan
 * is made, and what the plan needs on the disk.
 */
export function makeReady(stdio: LaunchOptions['stdio'], sockets = 0): Ready {
  const three = stdio ?? (['ignore', 'inherit', 'inherit'] as const)
  const further = Array.from({ length: sockets }, () => 'pipe' as const)
  const child = spawn(nativePath, [], { stdio: [...three, 'pipe', ...further], env: {} })
  const control = child.stdio[3] as Duplex | undefined
  const watch: Watch = { fork: -1, awaited: -1, pid: child.pid ?? 0, isLetGo: false }
  const outcome = follow(child, control, watch)
  const abandon = () => {
    watch.isLetGo = true
    control?.destroy()
  }
  const begin = (plan: Step[], { mode, ...listeners }: LaunchOptions = {}): Launch => {
    const placeOf = (name: CallName) => plan.findIndex(({ call }) => call[0] === name)
    watch.fork = placeOf('fork')
    if (mode === 'trace') watch.awaited = placeOf('execvpe')
    watch.listeners = listeners
    control?.write(encode(plan, mode))
    return {
      pid: child.pid ?? 0,
      process: child,
      outcome,
      goAhead: () => void control?.write('\n'),
      send: (more, next) => void control?.write(encode(more, next)),
      end: () => void control?.end(),
      abandon,
    }
  }
  return { begin, dismiss: abandon }
}

/** Carry out a plan that neither forks nor executes, and give its reports in order. */
export async function perform(plan: Step[]): Promise<Report[]> {
  const reports: Report[] = []
  const launched = launch(plan, {
    mode: 'trace',
    stdio: ['ignore', 'ignore', 'inherit'],
    onReport: (report) => reports.push(report),
  })
  launched.end()
  const { failure, refused, lost, signal } = await launched.outcome
  if (refused) throw new Error(`the native program refused the plan: ${refused}`)
  if (lost || signal) throw new Error('the native program was killed')
  if (failure) throw new StepError(plan, failure)
  return reports
}

/** A step that failed: the plan, and the report of its last step. */
export class StepError extends Error {
  readonly plan: Step[]
  readonly report: Report
  constructor(plan: Step[], report: Report) {
    super(`${plan[report.index]?.call[0]}: ${report.errno}`)
    this.plan = plan
    this.report = report
  }
}

interface Watch {
  /** The place of the fork in the plan; -1 without one. */
  fork: number
  /** The place of the call that waits until those before it were told; -1 without one. */
  awaited: number
  /** The process that goes through the list. */
  pid: number
  listeners?: Pick<LaunchOptions, 'onReport' | 'onFailure'>
  isLetGo: boolean
}

function follow(child: ChildProcess, control: Duplex | undefined, watch: Watch): Promise<Outcome> {
  const outcome: Outcome = { exitCode: 125 }
  let isContainer = false
  let waitStatus: number | undefined
  let looking: Promise<void> | undefined
  const read = reader((kind, fields, answer) => {
    if (kind === 'exit') waitStatus = Number(fields[0])
    else if (kind === 'refused') outcome.refused = fields.join(' ')
    else {
      const report = reportOf(fields, answer)
      if (kind === 'failed') outcome.failure = report
      else if (report.index === watch.fork) [isContainer, watch.pid] = [true, report.result]
      watch.listeners?.onReport?.(report)
      const letGo = () => void (control?.writable && control.write('\n'))
      if (kind !== 'failed') {
        if (report.index + 1 === watch.awaited) letGo()
        return
      }
      looking = watch.listeners?.onFailure?.(report, watch.pid)
      if (looking) void looking.then(letGo)
      else letGo()
    }
  })
  return new Promise((resolve) => {
    control?.on('data', read)
    control?.on('error', () => {}) // ignoring: a program that ended early says so by its exit
    child.on('error', (error) => {
      if (child.pid === undefined) resolve({ exitCode: 125, refused: error.message })
    })
    child.on('close', async (code, signal) => {
      await looking
      if (waitStatus !== undefined) Object.assign(outcome, endOf(waitStatus))
      else if (signal && isContainer) outcome.lost = true
      else if (signal) Object.assign(outcome, endOf(constants.signals[signal]))
      else outcome.exitCode = code ?? 125
      const hasReason = waitStatus !== undefined || outcome.failure || watch.isLetGo
      if (code === 125 && !hasReason) outcome.refused ??= 'it gave no reason'
      resolve(outcome)
    })
  })
}

function reportOf(fields: string[], answer: Buffer): Report {
  const [index = 0, result = 0, errno = 0, nanoseconds = 0] = fields.map(Number)
  const name = errnoNamed(errno)
  return { index, result, nanoseconds, answer, ...(name ? { errno: name } : {}) }
}

/** A wait status as wait(2) lays it out: the signal in the low 7 bits, the exit code above 8. */
function endOf(waitStatus: number): { exitCode: number; signal?: string } {
  const number = waitStatus & 0x7f
  if (number === 0) return { exitCode: (waitStatus >> 8) & 0xff }
  return { exitCode: 128 + number, signal: signalNamed(number) }
}

/** Cut the socket's bytes into lines; after `step … <n>` come n bytes that are not text. */
function reader(onLine: (kind: string, fields: string[], answer: Buffer) => void) {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk: Buffer) => {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      const end = rest.indexOf(10)
      if (end < 0) return
      const [kind = '', ...fields] = rest.toString('utf8', 0, end).split(' ')
      const size = kind === 'step' || kind === 'failed' ? Number(fields[4]) : 0
      if (rest.length < end + 1 + size) return
      onLine(kind, fields, rest.subarray(end + 1, end + 1 + size))
      rest = rest.subarray(end + 1 + size)
    }
  }
}

function errnoNamed(number: number): string | undefined {
  if (number === 0) return undefined
  const known = Object.entries(constants.errno).find(([, value]) => value === number)
  return known?.[0] ?? `E${number}`
}

/** Those from 32 on are real-time signals, which have no names of their own. */
function signalNamed(number: number): string {
  const known = Object.entries(constants.signals).find(([, value]) => value === number)
  return known?.[0] ?? `SIGRTMIN+${number - 34}`
}
