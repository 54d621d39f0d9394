/** `ps` and `rm`: the containers that there are, and removing them. */
import { removeContainer } from '../06-lifecycle/remove-container.ts'
import { isLive } from '../06-lifecycle/states.ts'
import type { Chapter } from '../chapter.ts'
import { cut } from '../columns.ts'
import { forEachWord, UsageError, valueOf, type Answer, type Input } from '../command-line.ts'
import { everyContainer } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import { passing } from '../filters.ts'
import { Missing } from '../missing.ts'
import { shortId, type Container } from '../options.ts'
import { printable } from '../printable.ts'
import { age } from '../units.ts'
import { stateOfHealth, statusText } from './container-status.ts'
import { publicState } from './inspect.ts'
import { containerFilters, sizeText, type Shape } from './ps-fields.ts'
import { headsOfContainers, rowFor } from './ps-fields.ts'

/** Docker's columns, without those that later chapters fill (ports). */
export async function ps(input: Input): Promise<Answer> {
  const { runtime, switches, values, warn } = input
  await tidy(runtime)
  const { root, rows } = runtime
  const { containers, unreadable } = everyContainer(root)
  for (const { message } of unreadable) warn(message)
  const given = values.get('filter') ?? []
  const last = lastOf(input)
  const hasStatus = given.some((each) => each.startsWith('status='))
  const isAll = switches.has('all') || last !== undefined || hasStatus
  const passes = passing(given, containerFilters(root))
  const running = containers.filter((each) => isAll || isLive(each))
  const shown = running.filter(passes).slice(0, last)
  const isWhole = switches.has('no-trunc')
  const status = (each: Container) =>
    statusText(each, causeOf(rows, each), stateOfHealth(root, each)?.Status)
  const shape: Shape = { root, isWhole, status }
  const columns = columnsFor(rows, shape)
  if (switches.has('size')) columns.set('SIZE', (each) => sizeText(root, each))
  return {
    json: shown.map((container) => publicState(rows, container)),
    items: shown.map((container) => rowFor(container, columns, shape)),
    headOf: headsOfContainers,
    ids: shown.map(({ id }) => id),
    heads: [...columns.keys()],
    rows: shown.map((container) => [...columns.values()].map((cell) => cell(container))),
  }
}

/** How many of the newest are wanted; undefined for all. */
function lastOf({ switches, values }: Input): number | undefined {
  if (switches.has('latest')) return 1
  const text = valueOf({ values }, 'last')
  if (text === undefined || text === '-1') return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) || undefined
  throw new UsageError(`invalid value '${text}' for --last: a whole number`)
}

type Columns = Map<string, (container: Container) => string>

function columnsFor(rows: Chapter[], { isWhole, status }: Shape): Columns {
  const command = (argv: string[]) => printable(argv.join(' '))
  const columns: Columns = new Map([
    ['CONTAINER ID', ({ id }) => (isWhole ? id : shortId(id))],
    ['IMAGE', ({ chapter }) => `chapter ${chapter}`],
    ['COMMAND', ({ argv }) => `"${isWhole ? command(argv) : cut(command(argv), 20)}"`],
    ['CREATED', ({ created }) => `${age(created)} ago`],
    ['STATUS', status],
  ])
  for (const { command: of, head, cell } of rows.flatMap((row) => row.columns ?? [])) {
    const before = columns.get(head)
    if (of === 'ps') columns.set(head, (each) => cell(each) ?? before?.(each) ?? '')
  }
  columns.set('NAMES', ({ name }) => name)
  return columns
}

/** Why it ended, in the word of the first chapter that knows. */
function causeOf(rows: Chapter[], container: Container): string | undefined {
  return rows.map(({ endedBecause }) => endedBecause?.(container)?.word).find(Boolean)
}

/**
 * Removes each, goes on after a failure, and ends with 1 when there was one. As in Docker, one that
 * is not there is none with -f.
 */
export async function rm(input: Input): Promise<Answer> {
  const { runtime, switches, print, failed } = input
  await tidy(runtime)
  const isForced = switches.has('force')
  const code = await forEachWord(input, async (word) => {
    try {
      await removeContainer(runtime, word, { isForced, isWhole: switches.has('volumes') })
    } catch (error) {
      if (isForced && error instanceof Missing) return failed(error)
      throw error
    }
    print(word)
  })
  return { code }
}
