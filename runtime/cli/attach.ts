/** What connects a container in the foreground with its caller: streams and signals. */
import { fstatSync } from 'node:fs'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import type { Traits } from '../chapter.ts'
import type { Launch, LaunchOptions } from '../native.ts'

type Stdio = NonNullable<LaunchOptions['stdio']>

interface Wanted {
  isInteractive: boolean
  hasTerminal: boolean
  root: Traits['root']
}

/**
 * What the container's three descriptors are. A terminal of the host is never passed on to a
 * container with a root of its own, because a process that has it can type into it (TIOCSTI);
 * bytes are copied.
 */
export function streams({ isInteractive, hasTerminal, root }: Wanted): Stdio {
  if (hasTerminal && isInteractive && !isatty(0))
    throw new Error('-it needs a terminal, and standard input is none; -i alone takes a pipe')
  for (const fd of [0, 1, 2])
    if (fstatSync(fd).isDirectory())
      throw new Error(`descriptor ${fd} is a directory of the host: it would be a way out`)
  if (hasTerminal) return [isInteractive ? 'inherit' : 'ignore', 'inherit', 'inherit']
  const hand = (fd: number) => (root !== 'host' && isatty(fd) ? 'pipe' : 'inherit')
  return [isInteractive ? hand(0) : 'ignore', hand(1), hand(2)]
}

/**
 * Copy bytes where descriptors are not passed on, and forward signals. The third Ctrl-C kills, as
 * Docker's does.
 */
export function attach(launched: Launch, stdio: Stdio | undefined): void {
  const { stdin, stdout, stderr } = launched.process
  if (stdio?.[0] === 'pipe' && stdin) {
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
