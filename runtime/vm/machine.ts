/** Runs one machine: starts QEMU, connects its ports, and waits for its end. */
import type { Duplex, Readable, Writable } from 'node:stream'
import type { Size } from '../03-pivot-root/terminal.ts'
import { scriptBytes } from './guest.ts'
import { startProgram } from './program.ts'
import { qemuArguments, qemuPath, type Hardware } from './qemu.ts'

export interface MachineOptions extends Omit<Hardware, 'console' | 'ports'> {
  /** What the guest's shell runs, as root. */
  script: string
  /** The directory with the sockets of shared folders. */
  dir: string
  /** Run the script on a terminal of this size; otherwise with three streams. */
  terminal?: Size
}

export interface VirtualMachine {
  stdin: Writable
  stdout: Readable
  stderr: Readable
  /** Resolves with the seconds of booting when the script starts; rejects if it never does. */
  ready: Promise<number>
  /** Resolves after the end, when all output has been read. */
  ended: Promise<MachineEnd>
  /** Tell the guest the new size of the terminal. */
  resize(size: Size): void
  /** End the machine at once, as if its power was cut. */
  kill(): void
}

/** The exit code of the script, or why there is none. */
export type MachineEnd = { exitCode: number } | { why: string }

/**
 * Start a machine. Its ports are sockets that QEMU inherits, so no file can be left behind. QEMU is
 * killed if this process dies.
 */
export function startMachine(options: MachineOptions): VirtualMachine {
  const begin = Date.now()
  const names = ['control', ...(options.terminal ? [] : ['in', 'out', 'err'])]
  const argv = [
    qemuPath(),
    ...qemuArguments({ ...options, ports: names, console: !!options.terminal }),
  ]
  const launched = startProgram(argv, {
    cwd: options.dir,
    stdio: ['ignore', 'ignore', 'pipe'],
    sockets: 1 + names.length + Number(!!options.terminal),
  })
  const [, , errors, , ...sockets] = launched.process.stdio as unknown as Duplex[]
  const [serial, control, ...others] = sockets as [Duplex, Duplex, ...Duplex[]]
  for (const socket of sockets) socket.on('error', () => {}) // ignoring: QEMU has ended
  const qemuErrors = lastLines(errors as Readable)
  const kernel = lastLines(serial)
  let exitCode: number | undefined
  const ready = promised<number>()
  onLines(control, (line) => {
    if (line === 'ready') ready.resolve((Date.now() - begin) / 1000)
    const exit = /^exit (\d+)$/.exec(line)
    if (exit) exitCode = Number(exit[1])
  })
  control.write(scriptBytes(options.script))
  const ended = Promise.all([launched.outcome, ...sockets.map(closed)]).then(([{ refused }]) => {
    if (exitCode !== undefined) return { exitCode }
    const cause = kernel().find((line) => /panic|Out of memory|BUG/.test(line))
    const why = cause ?? refused ?? qemuErrors().at(-1) ?? kernel().at(-1) ?? 'it was turned off'
    ready.reject(new Error(why))
    return { why }
  })
  const [first, second = first, third = first] = others as [Duplex, Duplex?, Duplex?]
  return {
    stdin: first,
    stdout: second,
    stderr: third,
    ready: ready.promise,
    ended,
    resize: ({ rows, columns }) => void control.write(`${rows} ${columns}\n`),
    kill: () => launched.abandon(),
  }
}

function promised<T>() {
  let [resolve, reject]: [(value: T) => void, (error: Error) => void] = [() => {}, () => {}]
  const promise = new Promise<T>((...both) => ([resolve, reject] = both))
  promise.catch(() => {}) // ignoring: those who await it see the error
  return { promise, resolve: (value: T) => resolve(value), reject: (error: Error) => reject(error) }
}

/** Resolves when a socket is closed: everything was read, and no more can come. */
function closed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}

/** Collects a stream; gives its last lines. */
function lastLines(stream: Readable): () => string[] {
  let text = ''
  stream.on('data', (chunk: Buffer) => (text = (text + chunk.toString('latin1')).slice(-8192)))
  return () => text.split(/\r?\n/).filter((line) => line.trim() !== '')
}

function onLines(stream: Readable, take: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(take)
  })
}
