/** `vm`: runs a shell or a command in a virtual machine. */
import { constants } from 'node:os'
import { isatty, WriteStream } from 'node:tty'
import chalk from 'chalk'
import { parseMemory } from '../02-cgroups/limits.ts'
import { UsageError, valueOf, type Input } from '../command-line.ts'
import { printable } from '../printable.ts'
import { decimalSize } from '../units.ts'
import { cacheDir, sizeOf } from '../vm/cache.ts'
import { parseShare } from '../vm/share.ts'
import { prepareParts, startVm, type Parts, type Vm, type VmOptions } from '../vm/vm.ts'
import { checkOutput, outputFailed, print, writeError } from './output.ts'
import { progressLine } from './progress.ts'
import { testInVm } from './vm-test.ts'
import { say } from './voice.ts'

/** `vm` runs a shell, `vm -- COMMAND` a command; `vm build` and `vm test` are the other words. */
export async function vm(input: Input): Promise<number> {
  const [word, ...rest] = input.words
  if (process.platform !== 'linux')
    throw new Error(`vm needs programs of a Linux host, and this is ${process.platform}`)
  const options = optionsFrom(input)
  if (input.isDashed || word === undefined) return inside(options, input.words)
  if (word === 'build' && rest.length === 0) return build(options)
  if (word === 'test') return testInVm(options, rest, progressLine())
  throw new UsageError(`no 'vm ${word}'; to run a command in the machine: vm -- ${word}`)
}

function optionsFrom(input: Input): VmOptions {
  const bytes = (flag: string) => {
    const text = valueOf(input, flag)
    return text === undefined ? undefined : sizeFrom(flag, text)
  }
  const options = {
    kernel: valueOf(input, 'kernel'),
    memoryBytes: bytes('memory'),
    processors: processorsFrom(valueOf(input, 'cpus')),
    diskBytes: bytes('disk'),
    swapBytes: bytes('swap'),
    shares: input.values.get('share')?.map(parseShare),
    hasCheckout: input.switches.has('checkout'),
    imagesOf: input.switches.has('store') ? input.runtime.root : undefined,
    without: input.values.get('without')?.flatMap((each) => each.split(',')),
  }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}

function sizeFrom(flag: string, text: string): number {
  const least = flag === 'memory' ? 512 : 16
  const bytes = parseMemory(text) ?? 0
  if (bytes < least * 2 ** 20)
    throw new UsageError(`invalid --${flag} '${text}': at least ${least}m`)
  return Math.ceil(bytes / 2 ** 20) * 2 ** 20
}

function processorsFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const count = /^\d+$/.test(text) ? Number(text) : 0
  if (count < 1 || count > 64) throw new UsageError(`invalid --cpus '${text}': from 1 to 64`)
  return count
}

/** Run in a terminal if we have one; otherwise with three streams, as ssh does. */
async function inside(options: VmOptions, argv: string[]): Promise<number> {
  const hasTerminal = isatty(0) && isatty(1)
  const size = hasTerminal ? sizeOfTerminal() : undefined
  const env = hasTerminal ? { TERM: process.env.TERM ?? 'xterm' } : {}
  const show = progressLine()
  const asked = { ...options, argv, env, ...(size ? { terminal: size } : {}) }
  const machine = await startVm(asked, show)
  const { parts } = machine
  show(`booting Linux ${parts.kernel.release}`)
  void machine.ready.then(
    (seconds) => {
      show('')
      if (argv.length === 0 && isatty(2)) writeError(banner(parts, seconds))
    },
    () => show(''),
  )
  process.stdout.on('error', (error) => {
    machine.kill()
    outputFailed(error)
  })
  process.stderr.on('error', () => machine.stderr.unpipe()) // ignoring: nobody reads it any more
  return await (hasTerminal ? onTerminal(machine) : onStreams(machine))
}

/** The first lines in a shell. */
function banner(parts: Parts, seconds: number): string {
  const kernel = chalk.bold(`Linux ${printable(parts.kernel.release)}`)
  return [
    `${kernel}${say(`, up in ${seconds.toFixed(1)} s`)}`,
    hardware(parts),
    say('cgroup v2 only, / shared as on a system with systemd'),
    say('You can break anything in here: nothing outlives exit.'),
    chalk.dim(say('Ctrl-] three times ends the machine at once.')),
    '',
  ].join('\n')
}

function hardware({ accelerator, takesTurns, processors, memoryBytes, diskBytes }: Parts): string {
  const emulated = takesTurns && processors > 1 ? 'emulated, in turns' : 'emulated'
  const how = accelerator === 'tcg' ? say(emulated) : accelerator.toUpperCase()
  const sizes = [memoryBytes, diskBytes].map((bytes) => `${Math.round(bytes / 2 ** 20)} MiB`)
  return say(`${processors} processors (${how}), ${sizes[0]} memory, ${sizes[1]} disk`)
}

const ctrlBracket = 0x1d // Ctrl-]

async function onTerminal(machine: Vm): Promise<number> {
  let pressed: number[] = []
  const give = (keys: Buffer) => {
    pressed = keys.length === 1 && keys[0] === ctrlBracket ? [...pressed, Date.now()].slice(-3) : []
    if (pressed.length === 3 && Date.now() - (pressed[0] ?? 0) < 1000) machine.kill()
    else machine.stdin.write(keys)
  }
  process.stdin.setRawMode(true)
  process.stdin.on('data', give)
  machine.stdout.on('data', (bytes: Buffer) => process.stdout.write(bytes))
  process.stdout.on('resize', () => machine.resize(sizeOfTerminal()))
  try {
    return await ending(machine)
  } finally {
    process.stdin.setRawMode(false)
    process.stdin.destroy()
  }
}

function onStreams(machine: Vm): Promise<number> {
  process.stdin.pipe(machine.stdin)
  machine.stdin.on('error', () => process.stdin.unpipe()) // ignoring: the command does not read it
  machine.stdout.pipe(process.stdout, { end: false })
  machine.stderr.pipe(process.stderr, { end: false })
  return ending(machine).finally(() => process.stdin.destroy())
}

async function ending(machine: Vm): Promise<number> {
  let received: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      received = signal
      machine.kill()
    })
  const end = await machine.ended
  checkOutput()
  if ('exitCode' in end) return end.exitCode
  if (received) return 128 + constants.signals[received]
  throw new Error(`the machine ended by itself: ${end.why}`)
}

function sizeOfTerminal() {
  const [columns, rows] = new WriteStream(1).getWindowSize()
  return { rows, columns }
}

/** `vm build`: make all cached parts and print their sizes. */
async function build(options: VmOptions): Promise<number> {
  const show = (text: string) => writeError(`${chalk.dim(printable(say(text)))}\n`)
  const parts = await prepareParts(options, show)
  const { kernel, initramfs, memoryBytes } = parts
  const lines = [
    `kernel     ${kernel.release}, ${decimalSize(sizeOf(kernel.image))}`,
    `modules    ${kernel.modules.map(({ name }) => name).length}, loaded when needed`,
    `initramfs  ${decimalSize(sizeOf(initramfs))}: Node ${process.versions.node}, busybox, Stepbox`,
    `machine    ${hardware(parts)}`,
    `on disk    ${decimalSize(sizeOf(cacheDir()))} in ${cacheDir()}`,
    `in memory  at most ${decimalSize(memoryBytes + 512 * 2 ** 20)} including QEMU`,
  ]
  for (const line of lines) print(say(line))
  return 0
}
