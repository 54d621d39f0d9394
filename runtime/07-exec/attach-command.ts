/** `attach`: the terminal here becomes one of a container that runs. */
import { isatty } from 'node:tty'
import { isFrozen } from '../02-cgroups/group-control.ts'
import { attachTo, checkAttached } from '../06-lifecycle/attach-container.ts'
import { isLive, withContainer } from '../06-lifecycle/states.ts'
import type { Input } from '../command-line.ts'
import { announce } from '../container/announce.ts'
import { tidy } from '../container/tidy.ts'
import type { Container } from '../options.ts'
import { detached, detachKeys } from './detach-keys.ts'

/** One that runs lets clients in already; its record may say so a moment earlier. */
const patienceMs = 500

/** Ends as the container does, or with 1 when the detach keys were typed, as in Docker. */
export async function attachCommand(input: Input): Promise<number> {
  const { runtime, words, switches } = input
  const keys = detachKeys(input)
  await tidy(runtime)
  const container = await withContainer(runtime, words[0] ?? '', (found) => checked(found))
  const { terminal, streams } = container
  const hasInput = !switches.has('no-stdin') && (streams?.hasInput ?? false)
  if (terminal && hasInput && !isatty(0))
    throw new Error('standard input is no terminal, and that of the container is; --no-stdin')
  const sigProxy = switches.has('sig-proxy') && terminal === undefined
  const launched = attachTo(runtime.root, container, {
    hasInput,
    keys,
    milliseconds: patienceMs,
    onLaunch: (client, stdio) => void input.attach(client, { stdio, sigProxy }),
  })
  announce(runtime, container, { action: 'attach' })
  const outcome = await launched.outcome
  checkAttached(runtime.root, container, outcome)
  if (outcome.isDetached) return detached(input)
  return outcome.exitCode
}

/** Throws, with what to type first, if nobody can attach to it. */
function checked(container: Container): Container {
  const { name, status, groups = [] } = container
  if (status === 'restarting')
    throw new Error(`container '${name}' waits for its next start; attach to it when it runs`)
  if (!isLive(container))
    throw new Error(`container '${name}' is not running; start -a starts it, and attaches`)
  if (isFrozen(groups)) throw new Error(`container '${name}' is paused; unpause it first`)
  return container
}
