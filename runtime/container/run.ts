/** Command line. One container from beginning to end: directories, plan, calls, clean-up. */
import { readFileSync } from 'node:fs'
import { groupDirs, type Group, type Limits } from '../02-cgroups/cgroup.ts'
import { lookAtCgroups } from '../02-cgroups/cgroups.ts'
import type { Command, User } from '../01-namespaces/command.ts'
import {
  createContainer,
  markEnded,
  newId,
  removeContainer,
  saveEnded,
  saveRunning,
  type Container,
  type ImageUse,
} from './containers.ts'
import type { Consequence, Misconception } from '../consequence.ts'
import type { Mode } from '../encode.ts'
import { killAll, removeGroup } from '../02-cgroups/group-control.ts'
import { statsOf } from '../02-cgroups/group-stats.ts'
import { layOut } from '../04-overlay/init-layer.ts'
import { randomName } from './names.ts'
import type { Network } from '../01-namespaces/namespaces.ts'
import {
  makeReady,
  type Launch,
  type LaunchOptions,
  type Outcome,
  type Ready,
  type Report,
} from '../native.ts'
import { identify, signalTo } from '../process.ts'
import { inWords } from '../staging.ts'
import type { Step } from '../step.ts'
import type { Size } from '../03-pivot-root/terminal.ts'

/** What every chapter's planner may ask for; each takes what it knows. */
export interface PlanOptions extends Command {
  hostname: string
  network: Network
  group: Group
  root: string
  layers: string[]
  dir: string
  readOnly: boolean
  terminal?: Size
}

/** A row of the table of chapters. */
export interface Chapter {
  number: number
  slug: string
  plan: (options: PlanOptions) => Step[]
  /** What happens without each line, and what is often believed. */
  consequences?: Consequence<PlanOptions>[]
  misconceptions?: Misconception<PlanOptions>[]
}

export interface RunOptions {
  chapter: Chapter
  /** The data root. */
  root: string
  argv: string[]
  env: string[]
  cwd?: string
  user?: User
  name?: string
  hostname?: string
  network?: Network
  limits?: Limits
  rm?: boolean
  readOnly?: boolean
  terminal?: Size
  /** From chapter 3 on: a directory that holds a root file system. */
  rootfs?: string
  /**
   * From chapter 4 on: the image, and its unpacked layers, topmost first. They are asked for when
   * the container's use of the image is on record, so that nobody removes the image in between.
   */
  image?: ImageUse
  config?: Container['config']
  layers?: () => Promise<string[]>
  stdio?: LaunchOptions['stdio']
  /** Carry out another list than the chapter's: one with a line missing. */
  alter?: (plan: Step[]) => Step[]
  mode?: Mode
  onReport?: (report: Report) => void
  /** Called when a step has failed, while the half-built container is still there to look at. */
  onFailure?: (plan: Step[], failure: Report, pid: number) => Promise<void>
  /** Called once the native program runs, with the means to signal and step it, and its groups. */
  onLaunch?: (launched: Launch, plan: Step[], groups: string[]) => void
}

export interface RunResult extends Outcome {
  plan: Step[]
  container: Container
}

/**
 * Run a container and clean up after it, whatever happened. Throws before anything was touched, and
 * when there is no room to write down how it ended: it is kept then, and the next command tries.
 */
export async function run(options: RunOptions): Promise<RunResult> {
  const { root } = options
  const monitor = identify(process.pid)
  if (!monitor) throw new Error('cannot read /proc: is it mounted?')
  const id = newId()
  const group: Group = {
    name: `stepbox-${id}`,
    cgroups: options.chapter.number >= 2 ? lookAtCgroups() : { hierarchies: [] },
    limits: options.limits ?? {},
  }
  const container: Container = {
    version: 1,
    id,
    name: options.name ?? randomName(id),
    chapter: options.chapter.number,
    created: new Date().toISOString(),
    status: 'running',
    command: options.argv,
    hostname: options.hostname ?? id.slice(0, 12),
    ...(options.image ? { image: options.image } : {}),
    ...(options.config ? { config: options.config } : {}),
    rm: options.rm ?? options.chapter.number === 1,
    monitor,
    groups: options.chapter.number >= 2 ? groupDirs(group) : [],
  }
  const ready = makeReady(options.stdio)
  const dir = orDismiss(ready, root, () => createContainer(root, container))
  let result: RunResult
  try {
    const layers = (await options.layers?.()) ?? []
    const { alter = (plan: Step[]) => plan, chapter } = options
    const plan = alter(chapter.plan(planOptions({ options, container, group, dir, layers })))
    result = { ...(await carryOut({ ready, plan, options, container })), plan, container }
  } catch (error) {
    ready.dismiss()
    await cleanUp(root, { ...container, rm: true })
    throw inWords(error, root)
  }
  const neverRan = result.failure !== undefined || result.refused !== undefined
  try {
    await cleanUp(root, neverRan ? { ...container, rm: true } : container)
  } catch (error) {
    throw inWords(error, root, `'${container.name}' has ended, and how is not on record`)
  }
  return result
}

function orDismiss<T>(ready: Ready, root: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    ready.dismiss()
    throw inWords(error, root)
  }
}

interface Laid {
  options: RunOptions
  container: Container
  group: Group
  dir: string
  layers: string[]
}

/** The options of a plan for a container that is laid out in `dir`. */
function planOptions({ options, container, group, dir, layers }: Laid): PlanOptions {
  const { hostname } = container
  const network = options.network ?? 'none'
  const resolver = network === 'host' ? hostResolver() : ''
  const lowers = layers.length > 0 ? layOut(dir, layers, { hostname, resolver }) : []
  return {
    argv: options.argv,
    env: options.env,
    hostname,
    network,
    group,
    root: options.rootfs ?? '/',
    layers: lowers,
    dir,
    readOnly: options.readOnly ?? false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.user ? { user: options.user } : {}),
    ...(options.terminal ? { terminal: options.terminal } : {}),
  }
}

interface Prepared {
  ready: Ready
  plan: Step[]
  options: RunOptions
  container: Container
}

async function carryOut({ ready, plan, options, container }: Prepared): Promise<Outcome> {
  const { root, mode, onReport, onFailure } = options
  const fork = plan.findIndex(({ call }) => call[0] === 'fork')
  let problem: unknown
  const note = (pid: number) => {
    const init = identify(pid)
    try {
      if (init) saveRunning(root, Object.assign(container, { init }))
    } catch (error) {
      problem = error // a disk that is full: what is not on record must not live on
      launched.abandon()
    }
  }
  const launched = ready.begin(plan, {
    ...(mode ? { mode } : {}),
    onReport: (report) => {
      if (report.index === fork && !report.errno) note(report.result)
      onReport?.(report)
    },
    ...(onFailure ? { onFailure: (report, pid) => onFailure(plan, report, pid) } : {}),
  })
  options.onLaunch?.(launched, plan, container.groups)
  const outcome = await launched.outcome
  if (problem) throw problem
  const stats = statsOf(container.groups)
  Object.assign(container, {
    status: 'exited',
    finished: new Date().toISOString(),
    exitCode: outcome.exitCode,
    ...(outcome.signal ? { signal: outcome.signal } : {}),
    stats,
    oomKilled: (stats.oomKills ?? 0) > 0,
  })
  return outcome
}

/** Kill what is left, remove the groups, and keep or delete the container's directory. */
async function cleanUp(root: string, container: Container): Promise<void> {
  if (container.init) signalTo(container.init, 'SIGKILL')
  if (container.groups.length > 0) {
    await killAll(container.groups)
    await removeGroup(container.groups)
  }
  if (!container.rm) return saveEnded(root, container)
  removeContainer(root, container)
  markEnded(root, container.id)
}

function hostResolver(): string {
  try {
    return readFileSync('/etc/resolv.conf', 'utf8')
  } catch {
    return '' // ignoring: a host without a resolver has none to pass on
  }
}
