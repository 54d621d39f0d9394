/** Virtual machine. One machine from beginning to end: QEMU, the ports into it, what runs in it. */
import type { Duplex, Readable, Writable } from 'node:stream'
import type { Size } from '../03-pivot-root/terminal.ts'
import { scriptBytes } from './guest.ts'
import { startProgram } from './program.ts'
import { qemuArguments, qemuPath, type Hardware } from './qemu.ts'

export interface MachineOptions extends Omit<Hardware, 'console' | 'ports'> {
  /** What the guest's shell runs, as root. */
  script: string
  /** The directory of the sockets of shared folders. */
  dir: string
  /** Run it on a terminal of this size; otherwise its input and both outputs are streams. */
  terminal?: Size
}

export interface VirtualMachine {
  stdin: Writable
  stdout: Readable
  stderr: Readable
  /** The guest has begun with the script; gives the seconds that it took. Rejects when it never. */
  ready: Promise<number>
  /** Comes when all that the machine had printed was read. */
  ended: Promise<MachineEnd>
  /** The terminal outside has another size now. */
  resize(size: Size): void
  /** As if the plug was pulled. */
  kill(): void
}

/** The exit code of the script, or why there is none. */
export type MachineEnd = { exitCode: number } | { why: string }

/**
 * Start a machine. Its ports are sockets that QEMU inherits, so there is no file that could be left
 * behind, and QEMU dies with this process.
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
  const complaint = lastLines(errors as Readable)
  const kernel = lastLines(serial)
  let exitCode: number | undefined
  const ready = promised<number>()
  onLines(control, (line) => {
    if (line === 'ready') ready.resolve((Date.now() - begin) / 1000)
    const said = /^exit (\d+)$/.exec(line)
    if (said) exitCode = Number(said[1])
  })
  control.write(scriptBytes(options.script))
  const ended = Promise.all([launched.outcome, ...sockets.map(closed)]).then(([{ refused }]) => {
    if (exitCode !== undefined) return { exitCode }
    const cause = kernel().find((line) => /panic|Out of memory|BUG/.test(line))
    const why = cause ?? refused ?? complaint().at(-1) ?? kernel().at(-1) ?? 'it was turned off'
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
  promise.catch(() => {}) // ignoring: whoever waits for it is told
  return { promise, resolve: (value: T) => resolve(value), reject: (error: Error) => reject(error) }
}

/** Everything that came was read, and there is nobody left to send more. */
function closed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}

/** The last lines that came. */
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
