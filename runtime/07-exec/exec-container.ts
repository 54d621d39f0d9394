/** `exec`, the operation: a further process in a container that runs. */
import { accountOf, type Account } from '../01-namespaces/accounts.ts'
import { identityOf } from '../01-namespaces/identity.ts'
import { isFrozen } from '../02-cgroups/group-control.ts'
import { eventsPath } from '../06-lifecycle/events.ts'
import { until } from '../06-lifecycle/states.ts'
import type { ListOptions, StartedList } from '../carried-list.ts'
import { furtherList, planOptions, type Runtime } from '../chapter.ts'
import { announce } from '../container/announce.ts'
import { newId } from '../container/create.ts'
import { findContainer } from '../container/find.ts'
import { containerDir } from '../container/state.ts'
import { tryRead, tryReadlink } from '../files.ts'
import { makeReady, type LaunchOptions, type Ready } from '../native.ts'
import type { Report } from '../reports.ts'
import type { Container, ContainerOptions, PlanOptions } from '../options.ts'
import { isAlive } from '../process.ts'
import { readInContainer } from './inside-root.ts'
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

/**
 * Begin an exec. The native program is started first: it gets ready while names are looked up.
 * Throws if the container does not run, before anything is touched.
 */
export async function beginExec(
  runtime: Runtime,
  word: string,
  { asked, stdio, ...how }: ExecOptions,
): Promise<StartedList> {
  const container = runningContainer(runtime.root, word)
  const wanted = asked(container)
  await hasStarted(container)
  const ready = makeReady(stdio)
  try {
    return await begun(runtime, container, { wanted, ready, ...how })
  } catch (error) {
    ready.dismiss()
    throw error
  }
}

interface Beginning extends Omit<ExecOptions, 'asked' | 'stdio'> {
  wanted: NewcomerOptions
  ready: Ready
}

async function begun(
  runtime: Runtime,
  container: Container,
  { wanted, ready, alter = (plan) => plan, ...how }: Beginning,
): Promise<StartedList> {
  const { root, rows } = runtime
  const { id, groups = [], chapter } = container
  const { detach: isDetached = false, ...newcomer } = wanted
  const exec = newId()
  const outliving = { events: eventsPath(root), container: id, exec, isDetached }
  const options = { ...(await newcomerIn(container, newcomer)), outliving }
  const plan = alter(await furtherList(rows, 'exec').plan(options), containerDir(root, id))
  const [file = '', ...words] = newcomer.argv
  for (const action of ['exec_create', 'exec_start'])
    announce(runtime, container, { action: `${action}: ${file} ${words.join(' ')}`, execID: exec })
  const launched = ready.begin(plan, { ...how, letsGo: isDetached })
  const { pid, outcome } = launched
  const started = { plan, launched, pid, groups, chapter, outcome }
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

const patienceMs = 3_000

/**
 * Wait until the command of a container runs: before, its first process is still on the host, or
 * halfway. It executes the native program then; `init` does so, too, and has a name of its own.
 */
async function hasStarted({ init, name }: Container): Promise<void> {
  const isNative = () =>
    tryReadlink(`/proc/${init?.pid}/exe`)?.startsWith('/memfd:stepbox') &&
    tryRead(`/proc/${init?.pid}/comm`)?.trim() !== 'init'
  if (await until(() => !isNative(), patienceMs)) return
  throw new Error(`container '${name}' is being started; try again when its command runs`)
}

/** Users and groups by name are those in the container's own files, as they are now. */
export async function newcomerIn(
  container: Container,
  asked: NewcomerOptions,
): Promise<PlanOptions> {
  const { hostname, oomScoreAdj, ulimits } = container
  const { user, groupAdd, ...rest } = asked
  const account = await accountNow(container, {
    ...(user === undefined ? {} : { user }),
    ...(groupAdd ? { groupAdd } : {}),
  })
  return planOptions([], {
    ...rest,
    hostname,
    target: targetIn(container),
    ...identityOf(account, asked, { hostname }),
    ...(oomScoreAdj === undefined ? {} : { oomScoreAdj }),
    ...(ulimits ? { ulimits } : {}),
  })
}

/** A file that cannot be read matters only if a name is looked up in it. */
async function accountNow(
  container: Container,
  asked: Pick<NewcomerOptions, 'user' | 'groupAdd'>,
): Promise<Account> {
  let problem = ''
  const files = await readInContainer(container, ['/etc/passwd', '/etc/group']).catch((error) => {
    targetIn(container) // throws if it has ended by now
    problem = `\n  ${(error as Error).message}`
    return []
  })
  const [passwd = '', group = ''] = files
  try {
    return accountOf(asked, { passwd, group })
  } catch (cause) {
    throw new NotExecutable(`${(cause as Error).message}${problem}`, { cause })
  }
}
