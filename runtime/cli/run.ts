/** `run`: one container in the foreground, its output, signals and exit code. */
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { imageFor } from '../05-commit/image-for.ts'
import { writeNewFile } from '../06-lifecycle/cid-file.ts'
import { rowsUpTo, traitsOf } from '../chapter.ts'
import { detachKeysOf, UsageError, valueOf, type Input } from '../command-line.ts'
import { checkMachine } from '../container/check-machine.ts'
import { request } from '../container/request.ts'
import { begin, finish, type RunOptions, type RunResult } from '../container/run.ts'
import { tidy } from '../container/tidy.ts'
import { NativeFailure } from '../native-failure.ts'
import type { Outcome } from '../native.ts'
import type { Report } from '../reports.ts'
import type { Step } from '../step.ts'
import type { Explanation } from '../tools/explain/explain.ts'
import { attach, callersSize, callersStreams, detachedStreams } from './attach.ts'
import { warn } from './output.ts'
import { checkWatching } from './watching.ts'

export async function runCommand(input: Input): Promise<number> {
  checkMachine()
  checkWatching(input)
  const options = await optionsOf(input)
  const { result, explanation } = await carryOut(input, options)
  if (result?.livesOn) {
    if (!result.isDetached) input.print(result.container.id)
    return 0
  }
  await tidy(input.runtime).catch((error: Error) => input.warn(error.message))
  if (!result) return 125
  if (result.refused) throw new NativeFailure(result.refused)
  if (result.lost) throw new Error('the native program was killed, and the container with it')
  if (result.unwritten) return unwritten(result.unwritten)
  if (explanation) {
    warn(explanation.text)
    return explanation.exitCode
  }
  for (const { endedBecause } of input.runtime.rows) {
    const because = endedBecause?.(result.container)
    if (because) warn(because.line)
  }
  const { unlogged } = result
  if (unlogged) input.warn(`its log is not complete: it could not be written, ${unlogged}`)
  return result.exitCode
}

/** Nobody reads the output any more: end as SIGPIPE would end a command without a container. */
function unwritten({ fd, errno }: NonNullable<Outcome['unwritten']>): number {
  if (errno === 'EPIPE') return 128 + constants.signals.SIGPIPE
  const stream = fd === 1 ? 'output' : 'error'
  throw new Error(`the container was ended: its standard ${stream} cannot be written, ${errno}`)
}

async function optionsOf(input: Input): Promise<RunOptions> {
  const { runtime, switches, words } = input
  const { root } = traitsOf(runtime.rows)
  const hasTerminal = switches.has('tty')
  const isInteractive = switches.has('interactive')
  const { stdio, streams } = switches.has('detach')
    ? detachedStreams(isInteractive)
    : callersStreams({ isInteractive, hasTerminal, root, attached: attachedIn(input) })
  const [name = '', ...command] = root === 'host' ? ['', ...words] : words
  const { settings, use } = await imageFor(runtime.root, name, {
    has: root,
    platform: valueOf(input, 'platform'),
    warn: input.warn,
  })
  const asked = request(input, command, settings)
  const onCreated = writeNewFile(asked.cidFile)
  const keys = detachKeysOf(runtime.rows, input)
  const options: RunOptions = { ...asked, ...use, stdio, streams, onCreated, ...keys }
  if (hasTerminal) options.terminal = callersSize()
  const left = valueOf(input, 'without')
  if (left === undefined && input.chapter.isLearners) {
    const { learnersRun } = await import('./lab/learners-run.ts')
    return { ...options, alter: learnersRun(use.rootfs) }
  }
  if (left === undefined) return options
  const { leaveOut } = await import('./without.ts')
  return { ...options, alter: await leaveOut(left, runtime.rows) }
}

/** The streams that `-a` names. Without an output among them Docker detaches, as `-d` does. */
function attachedIn({ values }: Input): string[] {
  const given = (values.get('attach') ?? []).map((name) => name.toLowerCase())
  const wrong = given.find((name) => !['stdin', 'stdout', 'stderr'].includes(name))
  if (wrong !== undefined)
    throw new UsageError(`invalid --attach '${wrong}': stdin, stdout or stderr`)
  if (given.length > 0 && given.every((name) => name === 'stdin'))
    throw new UsageError('--attach stdin needs an output beside it; -d attaches nothing')
  return given
}

/** How it went; without a result when a walk was left before the command ran. */
interface CarriedOut {
  result: RunResult | undefined
  explanation: Explanation | undefined
}

/** As it is, or watched. What watching needs is loaded only then. */
async function carryOut(input: Input, options: RunOptions): Promise<CarriedOut> {
  const { runtime, switches, values } = input
  if (switches.has('step') || values.has('record')) {
    const { walkThrough } = await import('./walk.ts')
    const file = valueOf(input, 'record')
    return walkThrough(runtime, options, { isStepped: switches.has('step'), file })
  }
  const tracing = switches.has('trace') ? await import('./trace.ts') : undefined
  const toTerminal = switches.has('tty') && isatty(2) ? tracing?.toRawTerminal : undefined
  const trace = tracing?.tracer(toTerminal)
  let explanation: Explanation | undefined
  const failed = async (plan: Step[], report: Report, pid: number) => {
    const { explain } = await import('../tools/explain/explain.ts')
    const rows = await rowsUpTo(runtime.chapters, options.chapter)
    explanation = await explain(plan, report, { pid, rows })
  }
  const { detach } = options
  const started = await begin(runtime, { ...options, ...(trace ? { mode: 'trace' } : {}) })
  if (!detach) attach(started.launched, { ...options, kill: started.kill })
  trace?.begin(started.plan)
  for await (const report of started.reports) {
    trace?.report(report)
    if (report.failed) await failed(started.plan, report, started.pid)
  }
  const result = await finish(runtime, started)
  trace?.end()
  return { result, explanation }
}
