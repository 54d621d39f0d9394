/** Attach to a container that lives on: its output here, the input from here, its exit code. */
import { isatty } from 'node:tty'
import { containerDir } from '../container/state.ts'
import { launch, type Launch, type LaunchOptions, type Outcome } from '../native.ts'
import type { Container } from '../options.ts'
import { client } from './attach.ts'
import { notAttached } from './explain.ts'

/** How a client is connected with who typed the command. */
export interface ClientOptions extends Pick<LaunchOptions, 'keys'> {
  /** The container's input comes from this process's. */
  hasInput: boolean
  /** It may be started a moment later. */
  milliseconds: number
  /** Called with the client, to pass signals on to it. */
  onLaunch: (launched: Launch, stdio: NonNullable<LaunchOptions['stdio']>) => void
}

/**
 * A client of `container`, which hands over descriptors 0 to 2 as soon as that listens. Only a
 * client on a terminal leaves when `keys` are typed. Keys for a container without one are read by
 * this process: it is a job of the caller's shell, which may put it into the background.
 */
export function attachTo(
  root: string,
  { id, terminal }: Container,
  { hasInput, keys, milliseconds, onLaunch }: ClientOptions,
): Launch {
  const isRead = terminal === undefined && isatty(0)
  const input = !hasInput ? 'ignore' : isRead ? 'pipe' : 'inherit'
  const stdio: NonNullable<LaunchOptions['stdio']> = [input, 'inherit', 'inherit']
  const directory = containerDir(root, id)
  const streams: [boolean, boolean, boolean] = [hasInput, true, true]
  const launched = launch(
    client({ directory, streams, hasTerminal: terminal !== undefined, milliseconds }),
    { stdio, ...(keys ? { keys } : {}) },
  )
  onLaunch(launched, stdio)
  return launched
}

/** Throws, with the cause, if a client could not attach. */
export function checkAttached(
  root: string,
  { id, name }: Container,
  { failure, lost }: Outcome,
): void {
  if (lost) throw new Error('the native program was killed; the container goes on')
  if (!failure) return
  const { errno = '' } = failure
  if (errno === 'EBUSY')
    throw new Error(`cannot attach to container '${name}': it has as many clients as it takes`)
  const cause = notAttached(containerDir(root, id), { errno, pid: process.pid })
  const told = `cannot attach to container '${name}': ${errno}`
  throw new Error(cause === undefined ? told : [told, cause].join('\n  '))
}
