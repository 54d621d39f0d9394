/** `exec`, the operation: a further process in a container that runs. */
import { accountIn } from '../01-namespaces/accounts.ts'
import { identityOf } from '../01-namespaces/identity.ts'
import { isFrozen } from '../02-cgroups/group-control.ts'
import { eventsPath } from '../06-lifecycle/events.ts'
import type { ListOptions, StartedList } from '../carried-list.ts'
import { furtherList, planOptions, type Runtime } from '../chapter.ts'
import { announce } from '../container/announce.ts'
import { newId } from '../container/create.ts'
import { findContainer } from '../container/find.ts'
import { containerDir } from '../container/state.ts'
import { launch, type LaunchOptions, type Outcome } from '../native.ts'
import type { Report } from '../reports.ts'
import type { Container, ContainerOptions, PlanOptions } from '../options.ts'
import { isAlive } from '../process.ts'
import type { Step } from '../step.ts'
import { targetIn } from './target.ts'

/** What a newcomer is asked to be; the rest is the container's. */
export type NewcomerOptions = Pick<
  ContainerOptions,
  'argv' | 'env' | 'cwd' | 'user' | 'groupAdd' | 'streams' | 'terminal' | 'detach'
>

export interface ExecOptions extends ListOptions {
  /** What is asked for, in a container such as this. */
  asked: (container: Container) => NewcomerOptions
  stdio: NonNullable<LaunchOptions['stdio']>
  /** What lets go of it, on its terminal. */
  keys?: Uint8Array
}

/** The container runs, and this cannot be executed in it. */
export class NotExecutable extends Error {}

/** Begin an exec. Throws if the container does not run, before anything is touched. */
export async function beginExec(
  runtime: Runtime,
  word: string,
  { asked, alter = (plan) => plan, ...how }: ExecOptions,
): Promise<StartedList> {
  const { root, rows } = runtime
  const container = runningContainer(root, word)
  const { id, groups = [], chapter } = container
  const { detach: isDetached = false, ...wanted } = asked(container)
  const exec = newId()
  const outliving = { events: eventsPath(root), container: id, exec, isDetached }
  const options = { ...(await newcomerIn(container, wanted)), outliving }
  const plan = alter(await furtherList(rows, 'exec').plan(options), containerDir(root, id))
  const [file = '', ...words] = wanted.argv
  for (const action of ['exec_create', 'exec_start'])
    announce(runtime, container, { action: `${action}: ${file} ${words.join(' ')}`, execID: exec })
  const { launched, outcome } = carriedOut(plan, { ...how, isDetached })
  const started = { plan, launched, pid: launched.pid, groups, chapter, outcome }
  return Object.assign(started, { reports: followed(started) })
}

/** The reports, and which process makes the calls. */
async function* followed(started: Omit<StartedList, 'reports'>): AsyncGenerator<Report> {
  const { plan, launched } = started
  for await (const report of launched.reports) {
    const name = plan[report.index]?.call[0]
    if ((name === 'fork' || name === 'clone_parent') && !report.errno) started.pid = report.result
    yield report
  }
}

/** The command may live on: from its beginning, or from when the caller reads nothing more. */
function carriedOut(
  plan: Step[],
  { isDetached, ...options }: LaunchOptions & { isDetached: boolean },
): Pick<StartedList, 'launched' | 'outcome'> {
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
export function runningContainer(root: string, word: string): Container {
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
export async function newcomerIn(
  container: Container,
  asked: NewcomerOptions,
): Promise<PlanOptions> {
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
