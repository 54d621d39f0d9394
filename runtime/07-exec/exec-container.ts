/** `exec`, the operation: a further process in a container that runs. */
import { accountIn } from '../01-namespaces/accounts.ts'
import { identityOf } from '../01-namespaces/identity.ts'
import { isFrozen } from '../02-cgroups/group-control.ts'
import { furtherList, planOptions, type Runtime } from '../chapter.ts'
import { findContainer } from '../container/find.ts'
import type { Alteration } from '../container/start.ts'
import { containerDir } from '../container/state.ts'
import type { Mode } from '../encode.ts'
import { launch, type Launch, type LaunchOptions } from '../native.ts'
import type { Container, ContainerOptions, PlanOptions } from '../options.ts'
import { isAlive } from '../process.ts'
import type { Step } from '../step.ts'
import { targetIn } from './target.ts'

/** What a newcomer is asked to be; the rest is the container's. */
export type NewcomerOptions = Pick<
  ContainerOptions,
  'argv' | 'env' | 'cwd' | 'user' | 'groupAdd' | 'streams' | 'terminal'
>

export interface ExecOptions {
  /** What is asked for, in a container such as this. */
  asked: (container: Container) => NewcomerOptions
  stdio: NonNullable<LaunchOptions['stdio']>
  mode?: Mode
  alter?: Alteration
}

/** A list that is being carried out. */
export interface Execed {
  container: Container
  plan: Step[]
  launched: Launch
}

/** Begin an exec. Throws if the container does not run, before anything is touched. */
export async function beginExec(
  { root, rows }: Runtime,
  word: string,
  { asked, stdio, mode, alter = (plan) => plan }: ExecOptions,
): Promise<Execed> {
  const container = runningContainer(root, word)
  const options = await optionsOf(container, asked(container))
  const list = await furtherList(rows, 'exec').plan(options)
  const plan = alter(list, containerDir(root, container.id))
  return { container, plan, launched: launch(plan, { stdio, ...(mode ? { mode } : {}) }) }
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
  const account = await accountIn(whom, [`/proc/${target.pid}/root`])
  return planOptions([], {
    ...rest,
    hostname,
    target,
    ...identityOf(account, asked, { hostname }),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
    ...(ulimits ? { ulimits } : {}),
  })
}
