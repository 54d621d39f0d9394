/** Attach to a container that lives on: its output here, the input from here, its exit code. */
import { isatty } from 'node:tty'
import { containerDir } from '../container/state.ts'
import { launch, type Launch, type LaunchOptions } from '../native.ts'
import type { Container } from '../options.ts'
import { client } from './attach.ts'

/** How a client is connected with who typed the command. */
export interface ClientOptions {
  /** The container's input comes from this process's. */
  hasInput: boolean
  /** Called with the client, to pass signals on to it. */
  onLaunch: (launched: Launch, stdio: LaunchOptions['stdio']) => void
}

/** The container may be started a moment later. */
const patienceMs = 10_000

/** A client of `container`, which hands over descriptors 0 to 2 as soon as that listens. */
export function attachTo(
  root: string,
  container: Container,
  { hasInput, onLaunch }: ClientOptions,
): Launch {
  const { id, terminal } = container
  const hasTerminal = terminal !== undefined && hasInput && isatty(0)
  if (terminal !== undefined && hasInput && !isatty(0))
    throw new Error('its input is a terminal, and standard input is none')
  const stdio: LaunchOptions['stdio'] = [hasInput ? 'inherit' : 'ignore', 'inherit', 'inherit']
  const launched = launch(
    client({
      directory: containerDir(root, id),
      streams: [hasInput, true, true],
      hasTerminal,
      milliseconds: patienceMs,
    }),
    { stdio },
  )
  onLaunch(launched, stdio)
  return launched
}
