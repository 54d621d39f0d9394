/** Command line. `ps`, `rm`, `stats`, `diff`: what there is to say of containers. */
import {
  containerDir,
  findContainer,
  listContainers,
  removeContainer,
  type Container,
} from '../container/containers.ts'
import { age, decimalSize } from '../units.ts'
import { statsOf, type Stats } from '../02-cgroups/group-stats.ts'
import { isAlive, signalTo } from '../process.ts'
import { endLost, tidy } from '../container/tidy.ts'
import type { Input } from './main.ts'
import { json, printable, table } from './table.ts'

/** Docker's columns, without those that later chapters fill (ports). */
export async function ps({ root, switches, values }: Input): Promise<number> {
  await tidy(root)
  const shown = listContainers(root).filter(
    ({ status }) => status === 'running' || switches.has('all'),
  )
  if (values.has('format')) return print(json(shown.map(publicState)))
  if (switches.has('quiet')) return print(shown.map(({ id }) => `${id.slice(0, 12)}\n`).join(''))
  const heads = ['CONTAINER ID', 'IMAGE', 'COMMAND', 'CREATED', 'STATUS', 'NAMES']
  return print(table(heads, shown.map(row)))
}

function row(container: Container): string[] {
  const command = printable(container.command.join(' '))
  return [
    container.id.slice(0, 12),
    container.image?.name ?? `chapter ${container.chapter}`,
    `"${command.length > 20 ? `${command.slice(0, 19)}…` : command}"`,
    `${age(container.created)} ago`,
    statusOf(container),
    container.name,
  ]
}

/** `Up 3 minutes`, `Exited (137) 2 hours ago`. */
function statusOf({ status, created, finished, exitCode, oomKilled }: Container): string {
  if (status === 'running') return `Up ${age(created)}`
  const why = oomKilled ? ', out of memory' : ''
  return `Exited (${exitCode ?? 0}${why}) ${age(finished ?? created)} ago`
}

/**
 * What `ps --format json` and `inspect` print of a container: its state, without what is ours
 * alone.
 */
export function publicState({ version: _, monitor, init, groups, ...container }: Container) {
  const pid = container.status === 'running' ? init?.pid : undefined
  return { ...container, ...(pid ? { pid } : {}), monitorPid: monitor.pid, groups }
}

/** Removes each, goes on after a failure, and ends with 1 when there was one. */
export async function rm({ root, words, switches }: Input): Promise<number> {
  await tidy(root)
  let code = 0
  for (const word of words) {
    try {
      const container = findContainer(root, word)
      const wasRunning = container.status === 'running'
      if (wasRunning) await end(root, container, switches.has('force'))
      const isRemoved = removeContainer(root, container)
      if (!isRemoved && !wasRunning) throw new Error(`no container named '${word}'`)
      print(`${word}\n`)
    } catch (error) {
      process.stderr.write(`stepbox: ${error instanceof Error ? error.message : String(error)}\n`)
      code = 1
    }
  }
  return code
}

/** Kill a running container; whoever waits for it cleans up, or we do where nobody waits. */
async function end(root: string, container: Container, isForced: boolean): Promise<void> {
  if (!isForced)
    throw new Error(`container '${container.name}' is running; stop it, or use rm -f to kill it`)
  if (container.init) signalTo(container.init, 'SIGKILL')
  while (isAlive(container.monitor) && stillRuns(root, container))
    await new Promise((resolve) => setTimeout(resolve, 5))
  if (stillRuns(root, container)) await endLost(root, container)
}

function stillRuns(root: string, { id }: Container): boolean {
  return listContainers(root).some((each) => each.id === id && each.status === 'running')
}

/** Of running containers, or of the ones named, ended ones too: their last figures are kept. */
export async function stats({ root, words, values }: Input): Promise<number> {
  await tidy(root)
  const chosen = words.length
    ? words.map((word) => findContainer(root, word))
    : listContainers(root).filter(({ status }) => status === 'running')
  const figures = chosen.map((container) => ({
    id: container.id,
    name: container.name,
    status: container.status,
    stats: container.status === 'running' ? statsOf(container.groups) : (container.stats ?? {}),
  }))
  if (values.has('format')) return print(json(figures))
  const heads = ['NAME', 'STATUS', 'CPU TIME', 'MEMORY', 'PEAK', 'PIDS', 'THROTTLED', 'OOM KILLS']
  return print(
    table(
      heads,
      figures.map((each) => [each.name, each.status, ...cells(each.stats)]),
    ),
  )
}

function cells(stats: Stats): string[] {
  const bytes = (value: number | undefined) => (value === undefined ? '-' : decimalSize(value))
  const count = (value: number | undefined) => (value === undefined ? '-' : String(value))
  const seconds = (value: number | undefined) =>
    value === undefined ? '-' : `${(value / 1e9).toFixed(2)}s`
  return [
    seconds(stats.cpuNs),
    bytes(stats.memoryBytes),
    bytes(stats.memoryPeakBytes),
    count(stats.pids),
    `${count(stats.throttledPeriods)}/${count(stats.periods)}`,
    count(stats.oomKills),
  ]
}

/** A added, C changed, D deleted, against the image. */
export async function diff({ root, words, values }: Input): Promise<number> {
  const container = findContainer(root, words[0] ?? '')
  if (!container.image)
    throw new Error(`'${container.name}' has no write layer: it is of chapter 3`)
  const { diff: changesIn } = await import('../04-overlay/diff.ts')
  const { stackIn } = await import('../04-overlay/upper.ts')
  const changes = await changesIn(stackIn(containerDir(root, container.id)))
  if (values.has('format')) return print(json(changes))
  return print(changes.map(({ kind, path }) => `${kind} ${printable(path)}\n`).join(''))
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}
