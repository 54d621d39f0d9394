/** `exec`, the operation: a further process in a container that runs. */
import { accountIn } from '../01-namespaces/accounts.ts'
import { identityOf } from '../01-namespaces/identity.ts'
import { isFrozen } from '../02-cgroups/group-control.ts'
import { eventsPath } from '../06-lifecycle/events.ts'
import { furtherList, planOptions, type Runtime } from '../chapter.ts'
import { announce } from '../container/announce.ts'
import { newId } from '../container/create.ts'
import { findContainer } from '../container/find.ts'
import type { Alteration } from '../container/start.ts'
import { containerDir } from '../container/state.ts'
import type { Mode } from '../encode.ts'
import { launch, type Launch, type LaunchOptions, type Outcome } from '../native.ts'
import type { Container, ContainerOptions, PlanOptions } from '../options.ts'
import { isAlive } from '../process.ts'
import type { Step } from '../step.ts'
import { targetIn } from './target.ts'

/** What a newcomer is asked to be; the rest is the container's. */
export type NewcomerOptions = Pick<
  ContainerOptions,
  'argv' | 'env' | 'cwd' | 'user' | 'groupAdd' | 'streams' | 'terminal' | 'detach'
>

export interface ExecOptions {
  /** What is asked for, in a container such as this. */
  asked: (container: Container) => NewcomerOptions
  stdio: NonNullable<LaunchOptions['stdio']>
  mode?: Mode
  /** What lets go of it, on its terminal. */
  keys?: Uint8Array
  alter?: Alteration
}

/** A list that is being carried out. */
export interface Execed {
  container: Container
  plan: Step[]
  launched: Launch
  /** How the command ended, or that it goes on without this process. Never rejects. */
  outcome: Promise<Outcome>
}

/** The container runs, and this cannot be executed in it. */
export class NotExecutable extends Error {}

/** Begin an exec. Throws if the container does not run, before anything is touched. */
export async function beginExec(
  runtime: Runtime,
  word: string,
  { asked, alter = (plan) => plan, ...how }: ExecOptions,
): Promise<Execed> {
  const { root, rows } = runtime
  const container = runningContainer(root, word)
  const { detach: isDetached = false, ...wanted } = asked(container)
  const exec = newId()
  const outliving = { events: eventsPath(root), container: container.id, exec, isDetached }
  const options = { ...(await optionsOf(container, wanted)), outliving }
  const plan = alter(
    await furtherList(rows, 'exec').plan(options),
    containerDir(root, container.id),
  )
  const [file = '', ...words] = wanted.argv
  for (const action of ['exec_create', 'exec_start'])
    announce(runtime, container, { action: `${action}: ${file} ${words.join(' ')}`, execID: exec })
  return { container, plan, ...carriedOut(plan, { ...how, isDetached }) }
}

/** The command may live on: from its beginning, or from when the caller reads nothing more. */
function carriedOut(
  plan: Step[],
  { isDetached, ...options }: LaunchOptions & { isDetached: boolean },
): Pick<Execed, 'launched' | 'outcome'> {
  let [runs, onLetGo] = [false, () => {}]
  const letGo = new Promise<Outcome>((resolve) => {
    onLetGo = () => {
      launched.process.unref()
      launched.abandon()
      resolve({ exitCode: isDetached ? 0 : 128 + 13, livesOn: true })
    }
  })
  const onRunning = () => {
    if (isDetached || runs) onLetGo()
    runs = true
  }
  const launched = launch(plan, { ...options, onRunning })
  return { launched, outcome: Promise.race([launched.outcome, letGo]) }
}

/** The container called `word`. Throws, with what to do, if nothing can be executed in it. */
function runningContainer(root: string, word: string): Container {
  const container = findContainer(root, word)
  const { name, status, init, groups = [] } = container
  if (status === 'restarting')
    throw new Error(`container '${name}' is restarting; wait until it runs`)
  if (status !== 'running' || !init || !isAlive(init))
    throw new Error(`container '${name}' is not running; stepbox start ${name}`)
  if (isFrozen(groups))
    throw new Error(`container '${name}' is paused; unpause it before exec`)
  return container
}

/** Users and groups by name are those in the container's own files, as they are now. */
async function optionsOf(container: Container, asked: NewcomerOptions): Promise<PlanOptions> {
  const { hostname, oomScoreAdj, ulimits } = container
  const target = targetIn(container)
  const { user, groupAdd, ...rest } = asked
  const whom = { ...(user === undefined ? {} : { user }), ...(groupAdd ? { groupAdd } : {}) }
  const account = await accountIn(whom, [`/proc/${target.pid}/root`]).catch((cause: Error) => {
    targetIn(container) // throws if it has ended by now
    throw new NotExecutable(cause.message, { cause })
  })
  targetIn(container) // or another process could have had its number
  return planOptions([], {
    ...rest,
    hostname,
    target,
    ...identityOf(account, asked, { hostname }),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
    ...(ulimits ? { ulimits } : {}),
  })
}
