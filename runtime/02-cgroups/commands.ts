/** `stats`: what containers use of the machine, or used while they ran. */
import type { Answer, Input } from '../command-line.ts'
import { findContainer, listContainers } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import { decimalSize } from '../units.ts'
import { statsOf, type Stats } from './group-stats.ts'

/** Of running containers, or of the ones named; of those that have ended, the last figures. */
export async function stats({ runtime, words }: Input): Promise<Answer> {
  await tidy(runtime)
  const { root } = runtime
  const chosen = words.length
    ? words.map((word) => findContainer(root, word))
    : listContainers(root).filter(({ status }) => status === 'running')
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
