/** Run a container from beginning to end: create, start, wait, settle. */
import type { Runtime } from '../chapter.ts'
import { makeReady, type Outcome } from '../native.ts'
import type { Container } from '../options.ts'
import { inWords } from '../staging.ts'
import type { Step } from '../step.ts'
import { announce } from './announce.ts'
import { create, reopen, type CreateOptions } from './create.ts'
import { discard } from './remove.ts'
import { settle, settleLost } from './settle.ts'
import { settleSupervised } from './settle-supervised.ts'
import { start, type Started, type StartOptions } from './start.ts'
import { wait } from './wait.ts'

export interface RunOptions extends CreateOptions, StartOptions {
  /** Called with the container's id when it is laid out. If it throws, nothing is left of it. */
  onCreated?: (id: string) => void
}

export interface RunResult extends Outcome {
  plan: Step[]
  container: Container
}

/** Run a container and clean up after it, whatever happened. Throws as `begin` and `finish` do. */
export async function run(runtime: Runtime, options: RunOptions): Promise<RunResult> {
  return finish(runtime, await begin(runtime, options))
}

/**
 * Create a container and start it. The native program is started first: it begins on another
 * processor while the container is laid out. Throws with nothing left of the container.
 */
export async function begin(
  runtime: Runtime,
  { stdio, mode, keys, alter, onCreated, ...options }: RunOptions,
): Promise<Started> {
  const ready = makeReady(stdio)
  let container: Container | undefined
  try {
    const created = await create(runtime, options)
    container = created.setting.container
    onCreated?.(container.id)
    if (!container.detach || container.isAwaited) announce(runtime, container, { action: 'attach' })
    const more = { ...(mode ? { mode } : {}), ...(alter ? { alter } : {}) }
    return await start(runtime, created, { ready, ...more, ...(keys ? { keys } : {}) })
  } catch (error) {
    ready.dismiss()
    if (container) await discard(runtime, container)
    throw inWords(error, runtime.root)
  }
}

/** Start a container that is kept, with `changes`. Throws with the container as it was. */
export async function beginAgain(
  runtime: Runtime,
  kept: Container,
  { stdio, ...changes }: Partial<Container> & Pick<StartOptions, 'stdio'>,
): Promise<Started> {
  const ready = makeReady(stdio)
  let container: Container | undefined
  try {
    const created = await reopen(runtime, kept, changes)
    container = created.setting.container
    return await start(runtime, created, { ready })
  } catch (error) {
    ready.dismiss()
    if (container) await settleLost(runtime, container)
    throw inWords(error, runtime.root)
  }
}

/**
 * Wait for a container that this process started, and settle it; of one that lives on, wait until
 * its command runs. Throws when it could not run; if
 * it ran and cannot be settled, the runtime's `warn` says so, and its exit code counts.
 */
export async function finish(runtime: Runtime, started: Started): Promise<RunResult> {
  const { plan, setting } = started
  const outcome = await wait(started)
  if (outcome.livesOn) return { ...outcome, plan, container: setting.container }
  if (outcome.supervised) return { ...outcome, plan, ...(await settleSupervised(runtime, started)) }
  if (started.problem) {
    await settle(runtime, { ...setting.container, rm: true }, outcome)
    throw inWords(started.problem, runtime.root)
  }
  try {
    await settle(runtime, setting.container, outcome)
  } catch (error) {
    const { name } = setting.container
    runtime.warn(`container ${name} cannot be settled: ${(error as Error).message}`)
  }
  return { ...outcome, plan, container: setting.container }
}
