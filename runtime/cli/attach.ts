/** What connects a container in the foreground with its caller: streams and signals. */
import { fstatSync } from 'node:fs'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import type { Streams } from '../03-pivot-root/streams.ts'
import type { Traits } from '../chapter.ts'
import type { AttachOptions, OwnStreams } from '../command-line.ts'
import type { Launch, LaunchOptions } from '../native.ts'
import { sizeOfTerminal } from '../terminal-size.ts'
import { writeError } from './output.ts'
import { say } from './voice.ts'

type Stdio = NonNullable<LaunchOptions['stdio']>

export interface CallersStreams {
  stdio: Stdio
  streams: Streams
}

interface Wanted {
  isInteractive: boolean
  hasTerminal: boolean
  root: Traits['root']
  /** The streams that are attached here; without any, the outputs, and the input with `-i`. */
  attached: string[]
}

/**
 * What the native program gets as descriptors 0 to 2, and what the container has of them. With a
 * root of its own a container has none of the caller's files: the native program copies bytes. It
 * is no job of the caller's shell, so it cannot read keys from a terminal; this process does.
 */
export function callersStreams(wanted: Wanted): CallersStreams {
  const { isInteractive, hasTerminal, root, attached } = wanted
  const shown = attached.filter((name) => name !== 'stdin')
  if (hasTerminal && (isInteractive || shown.length < attached.length) && !isatty(0))
    throw new Error('-it needs a terminal, and standard input is none; -i alone takes a pipe')
  for (const fd of [0, 1, 2])
    if (fstatSync(fd).isDirectory())
      throw new Error(`descriptor ${fd} is a directory of the host: it would be a way out`)
  const isRead = !hasTerminal && root !== 'host' && isatty(0)
  const input = !isInteractive ? 'ignore' : isRead ? 'pipe' : 'inherit'
  const output = (name: string) =>
    shown.length === 0 || shown.includes(name) ? 'inherit' : 'ignore'
  const stdio: Stdio = [input, output('stdout'), output('stderr')]
  const isJoined = stdio[1] === stdio[2] && isSameFile(1, 2)
  return { stdio, streams: { hasInput: isInteractive, isJoined } }
}

/** The same for a process that joins a container, which always has files of its own. */
export function streamsAsked(switches: Set<string>): OwnStreams {
  const isInteractive = switches.has('interactive')
  const hasTerminal = switches.has('tty')
  const own: OwnStreams = switches.has('detach')
    ? detachedStreams(isInteractive)
    : callersStreams({ isInteractive, hasTerminal, root: 'directory', attached: [] })
  return hasTerminal ? { ...own, terminal: callersSize() } : own
}

/** Of a container that lives on: nothing of the caller's. With `-i` its input is open. */
export function detachedStreams(isInteractive: boolean): CallersStreams {
  const streams = { hasInput: isInteractive, isJoined: false }
  return { stdio: ['ignore', 'ignore', 'ignore'], streams }
}

/** Whether two descriptors lead to one file, pipe or terminal, as after `2>&1`. */
function isSameFile(one: number, other: number): boolean {
  const [a, b] = [fstatSync(one, { bigint: true }), fstatSync(other, { bigint: true })]
  return a.dev === b.dev && a.ino === b.ino
}

/** Of the caller's terminal, wherever it is; of an ordinary one if there is none. */
export function callersSize() {
  return sizeOfTerminal() ?? { rows: 24, columns: 80 }
}

/**
 * Copy keys where the terminal is not passed on, and forward signals. The third Ctrl-C kills, as
 * Docker's does; the second, if the first had no effect, says so. Without `sigProxy`, a signal that
 * ends this process ends the container, too.
 */
export function attach(launched: Launch, { stdio, sigProxy = true, kill }: AttachOptions): void {
  const { stdin } = launched.process
  if (stdio?.[0] === 'pipe' && stdin) {
    process.stdin.pipe(stdin)
    stdin.on('error', () => process.stdin.unpipe(stdin)) // ignoring: the container closed it
    void launched.outcome.then(() => process.stdin.destroy())
  }
  if (sigProxy) passOn(launched, kill ?? launched.abandon)
}

function passOn(launched: Launch, kill: () => void): void {
  let interrupts = 0
  const signals = forwarded([0, 1, 2].some((fd) => isatty(fd)))
  for (const signal of signals) {
    process.on(signal, () => {
      if (signal === 'SIGINT' && ++interrupts === 3) return kill()
      if (signal === 'SIGINT' && interrupts === 2 && isatty(2)) writeError(say(unheard))
      launched.process.kill(signal)
    })
  }
  // If Node aborts while it ends, because its terminal is gone, a handler would run for ever.
  process.once('exit', () => signals.forEach((signal) => process.removeAllListeners(signal)))
}

const unheard = '\nstepbox: it runs on: a third Ctrl-C kills it, as does stepbox rm -f\n'

/** Nobody can catch the first two; the others are caused by what this process does itself. */
const own = ['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGPIPE', 'SIGURG']

/** They stop a job in the background that uses its terminal, and have to. */
const ofTerminal = ['SIGTTIN', 'SIGTTOU']

/**
 * The signals that go on to the container: all that Node can catch, as from Docker's client. Each
 * number once: it may have two names. Node cannot catch real-time signals, which end it.
 */
function forwarded(hasTerminal: boolean): NodeJS.Signals[] {
  const kept = hasTerminal ? [...own, ...ofTerminal] : own
  const byNumber = new Map<number, NodeJS.Signals>()
  for (const [name, number] of Object.entries(constants.signals))
    if (!kept.includes(name) && !byNumber.has(number))
      byNumber.set(number, name as NodeJS.Signals)
  return [...byNumber.values()]
}
