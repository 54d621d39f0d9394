/** Command line. `run`: one container in the foreground, its output, signals and exit code. */
import { fstatSync, realpathSync } from 'node:fs'
import { constants } from 'node:os'
import { isatty, WriteStream } from 'node:tty'
import type { Explanation } from '../tools/explain/explain.ts'
import type { Launch, LaunchOptions } from '../native.ts'
import { run, type RunOptions, type RunResult } from '../container/run.ts'
import { tidy } from '../container/tidy.ts'
import type { Size } from '../03-pivot-root/terminal.ts'
import type { Input } from './main.ts'
import { UsageError } from './args.ts'
import { checkMachine } from './check-machine.ts'
import { imageFor } from './image-for.ts'
import { request } from './request.ts'

export async function runCommand(input: Input): Promise<number> {
  checkMachine()
  checkWatching(input)
  const hasTerminal = input.switches.has('tty')
  const isInteractive = input.switches.has('interactive')
  const stdio = streams(input, isInteractive, hasTerminal)
  const { command, config, ...image } = await imageFor(input)
  const options: RunOptions = { ...request(input, command, config), ...image, stdio }
  if (hasTerminal) options.terminal = callersSize()
  const left = input.values.get('without')?.at(-1)
  if (left !== undefined) {
    const { leaveOut } = await import('./without.ts')
    const known = input.chapters.filter(({ number }) => number <= input.chapter.number)
    options.alter = leaveOut(left, known, realpathSync(input.root))
  }
  let told: Explanation | undefined
  options.onFailure = async (plan, failure, pid) => {
    const { explain } = await import('../tools/explain/explain.ts')
    told = explain(plan, failure, pid)
  }
  const result = await carryOut(input, options, (launched) => attach(launched, stdio))
  await tidy(input.root)
  if (!result) return 125
  if (result.refused) throw new Error(`the native program refused the plan: ${result.refused}`)
  if (result.lost) throw new Error('the native program was killed, and the container with it')
  if (told) {
    process.stderr.write(`stepbox: ${told.text}\n`)
    return told.exitCode
  }
  if (result.container.oomKilled) process.stderr.write(`stepbox: ${oomWords(options)}\n`)
  return result.exitCode
}

function checkWatching({ switches, values }: Input): void {
  const other = switches.has('step') ? 'step' : values.has('record') ? 'record' : undefined
  if (switches.has('trace') && other)
    throw new UsageError(`--trace and --${other} both watch every call: choose one of them`)
}

/**
 * As it is, or watched. What watching needs is loaded only then. Undefined when a walk was left.
 */
async function carryOut(
  { switches, values }: Input,
  options: RunOptions,
  onLaunch: (launched: Launch) => void,
): Promise<RunResult | undefined> {
  if (switches.has('step') || values.has('record')) {
    const { walkThrough } = await import('./walk.ts')
    const file = values.get('record')?.at(-1)
    return walkThrough(options, { onLaunch, isStepped: switches.has('step'), file })
  }
  if (!switches.has('trace')) return run({ ...options, onLaunch })
  const { toRawTerminal, tracer } = await import('./trace.ts')
  const trace = tracer(switches.has('tty') && isatty(2) ? toRawTerminal : undefined)
  const result = await run({
    ...options,
    mode: 'trace',
    onReport: trace.report,
    onLaunch: (launched, plan) => {
      trace.begin(plan)
      onLaunch(launched)
    },
  })
  trace.end()
  return result
}

function oomWords({ limits }: RunOptions): string {
  const bytes = limits?.memoryBytes
  const limit = bytes && `${Math.round(bytes / 2 ** 20)} MiB that --memory allows`
  return limit
    ? `out of memory: the container used up the ${limit}, and the kernel killed a process in it`
    : 'the whole machine ran out of memory, and the kernel chose a process of this container;\n' +
        '  with --memory the container has a limit of its own'
}

/**
 * What the container's three descriptors are. A terminal of the host is never handed in where the
 * container has a root of its own, because whoever holds it can type into it; bytes are copied.
 */
function streams(
  { chapter }: Input,
  isInteractive: boolean,
  hasTerminal: boolean,
): NonNullable<LaunchOptions['stdio']> {
  if (hasTerminal && isInteractive && !isatty(0))
    throw new Error('-it needs a terminal, and standard input is none; -i alone takes a pipe')
  for (const fd of [0, 1, 2])
    if (fstatSync(fd).isDirectory())
      throw new Error(`descriptor ${fd} is a directory of the host: it would be a way out`)
  if (hasTerminal) return [isInteractive ? 'inherit' : 'ignore', 'inherit', 'inherit']
  const hand = (fd: number) => (chapter.number >= 3 && isatty(fd) ? 'pipe' : 'inherit')
  return [isInteractive ? hand(0) : 'ignore', hand(1), hand(2)]
}

function callersSize(): Size {
  const fd = [0, 1, 2].find((each) => isatty(each))
  const [columns, rows] = fd === undefined ? [80, 24] : new WriteStream(fd).getWindowSize()
  return { rows, columns }
}

/**
 * Carry bytes where they are not handed in, and signals. The third Ctrl-C kills, as Docker's does.
 */
function attach(launched: Launch, stdio: NonNullable<LaunchOptions['stdio']>): void {
  const { stdin, stdout, stderr } = launched.process
  if (stdio[0] === 'pipe' && stdin) {
    process.stdin.pipe(stdin)
    stdin.on('error', () => process.stdin.unpipe(stdin)) // ignoring: the container closed it
    launched.process.once('exit', () => process.stdin.destroy())
  }
  stdout?.pipe(process.stdout, { end: false })
  stderr?.pipe(process.stderr, { end: false })
  let interrupts = 0
  for (const signal of forwarded) {
    process.on(signal, () => {
      if (signal === 'SIGINT' && ++interrupts === 3) return launched.abandon()
      launched.process.kill(signal)
    })
  }
}

const forwarded = (Object.keys(constants.signals) as NodeJS.Signals[]).filter((name) =>
  ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'].includes(name),
)
