/** `stats`: what containers use of the machine, or used while they ran. */
import { setTimeout } from 'node:timers/promises'
import { UsageError, type Answer, type Input } from '../command-line.ts'
import { findContainer, listContainers, stateOf } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import { shortId, type Container } from '../options.ts'
import { binarySize, decimalSize } from '../units.ts'
import { statsOf, type Stats } from './group-stats.ts'
import { cpuPercent, usageOf, type Usage } from './usage.ts'

const everyMs = 1000

/**
 * Of running containers, or of the ones named, until it is left. Those that end meanwhile are left
 * out. Of those that had ended before, `--totals` has the last figures.
 */
export async function stats({ runtime, words, switches }: Input): Promise<Answer> {
  await tidy(runtime)
  const { root } = runtime
  const named = words.map((word) => findContainer(root, word))
  const choose = () => {
    if (named.length > 0) return named.flatMap((each) => stillThere(root, each) ?? [])
    const isChosen = ({ status }: Container) => switches.has('all') || status === 'running'
    return listContainers(root).filter(isChosen)
  }
  if (switches.has('totals')) {
    if (switches.has('no-stream')) throw new UsageError('--totals prints once: without --no-stream')
    return totals(choose())
  }
  const shown: Shown = { isWhole: switches.has('no-trunc') }
  const isLive = words.length === 0 || named.some(isRunning)
  if (!switches.has('no-stream') && isLive)
    return { frames: (signal) => frames(choose, { ...shown, signal, isNamed: words.length > 0 }) }
  const before = sampled(choose())
  if (choose().some(isRunning)) await setTimeout(everyMs)
  return page(sampled(choose()), before, shown)
}

interface Shown {
  /** Whole ids. */
  isWhole: boolean
}

function isRunning({ status }: Container): boolean {
  return status === 'running'
}

/** The container as it is now; undefined if it has ended, or was removed, since it was named. */
function stillThere(root: string, named: Container): Container | undefined {
  const now = stateOf(root, named.id)
  return now && isRunning(named) && !isRunning(now) ? undefined : now
}

/** One page after another. With names, until none of their containers runs any more. */
async function* frames(
  choose: () => Container[],
  { isNamed, signal, ...shown }: Shown & { isNamed: boolean; signal: AbortSignal },
): AsyncGenerator<Answer> {
  let before: Samples = new Map()
  for (;;) {
    const now = sampled(choose())
    if (isNamed && ![...now.values()].some(({ container }) => isRunning(container))) return
    yield page(now, before, shown)
    before = now
    await setTimeout(everyMs, undefined, { signal })
  }
}

type Samples = Map<string, { container: Container; usage: Usage }>

function sampled(containers: Container[]): Samples {
  return new Map(
    containers.map((container) => [container.id, { container, usage: usageOf(container) }]),
  )
}

function page(now: Samples, before: Samples, { isWhole }: Shown): Answer {
  const figures = [...now.values()].map(({ container, usage }) => {
    const earlier = before.get(container.id)?.usage
    const percent = earlier && cpuPercent(earlier, usage)
    const { id, name, status, groups = [], stats: last = {} } = container
    const { atMs: _, ...used } = usage
    const counted = status === 'running' ? statsOf(groups) : last
    return { id, name, status, cpuPercent: percent, ...used, stats: counted }
  })
  const items = figures.map((each) => {
    const { memoryBytes, memoryLimitBytes } = each
    const share = memoryLimitBytes > 0 ? memoryBytes / memoryLimitBytes : 0
    return {
      ID: isWhole ? each.id : shortId(each.id),
      Name: each.name,
      CPUPerc: each.cpuPercent === undefined ? '--' : `${each.cpuPercent.toFixed(2)}%`,
      MemUsage: `${binarySize(memoryBytes)} / ${binarySize(memoryLimitBytes)}`,
      MemPerc: `${(share * 100).toFixed(2)}%`,
      NetIO: `${decimalSize(each.receivedBytes)} / ${decimalSize(each.sentBytes)}`,
      BlockIO: `${decimalSize(each.readBytes)} / ${decimalSize(each.writtenBytes)}`,
      PIDs: String(each.pids),
    }
  })
  return {
    json: figures,
    items: items.map((item) => ({ ...item, Container: item.ID })),
    headOf: { ...headOf, Container: headOf.ID },
    heads: Object.values(headOf),
    rows: items.map((item) => Object.values(item)),
  }
}

/** Docker's columns, by the names that a template has for them. */
const headOf = {
  ...{ ID: 'CONTAINER ID', Name: 'NAME', CPUPerc: 'CPU %', MemUsage: 'MEM USAGE / LIMIT' },
  ...{ MemPerc: 'MEM %', NetIO: 'NET I/O', BlockIO: 'BLOCK I/O', PIDs: 'PIDS' },
}

/** What the groups have counted so far, or had at their end. */
function totals(chosen: Container[]): Answer {
  const figures = chosen.map(({ id, name, status, groups = [], stats: last = {} }) => ({
    id,
    name,
    status,
    stats: status === 'running' ? statsOf(groups) : last,
  }))
  return {
    json: figures,
    heads: ['NAME', 'STATUS', 'CPU TIME', 'MEMORY', 'PEAK', 'PIDS', 'THROTTLED', 'OOM KILLS'],
    rows: figures.map((each) => [each.name, each.status, ...cells(each.stats)]),
  }
}

function cells(figures: Stats): string[] {
  const bytes = (value: number | undefined) => (value === undefined ? '-' : decimalSize(value))
  const count = (value: number | undefined) => (value === undefined ? '-' : String(value))
  const seconds = (value: number | undefined) =>
    value === undefined ? '-' : `${(value / 1e9).toFixed(2)}s`
  return [
    seconds(figures.cpuNs),
    bytes(figures.memoryBytes),
    bytes(figures.memoryPeakBytes),
    count(figures.pids),
    `${count(figures.throttledPeriods)}/${count(figures.periods)}`,
    count(figures.oomKills),
  ]
}
