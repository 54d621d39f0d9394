/** `ps` and `rm`: the containers that there are, and removing them. */
import type { Chapter } from '../chapter.ts'
import type { Answer, Input } from '../command-line.ts'
import { end } from '../container/end.ts'
import { everyContainer, findContainer, stateOf } from '../container/find.ts'
import { remove } from '../container/remove.ts'
import { tidy } from '../container/tidy.ts'
import { shortId, type Container } from '../options.ts'
import { age } from '../units.ts'
import { publicState } from './inspect.ts'

/** Docker's columns, without those that later chapters fill (ports). */
export async function ps({ runtime, switches, warn }: Input): Promise<Answer> {
  await tidy(runtime)
  const { rows } = runtime
  const { containers, unreadable } = everyContainer(runtime.root)
  for (const { message } of unreadable) warn(message)
  const shown = containers.filter(({ status }) => status === 'running' || switches.has('all'))
  const columns = new Map<string, (container: Container) => string>([
    ['CONTAINER ID', ({ id }) => shortId(id)],
    ['IMAGE', ({ chapter }) => `chapter ${chapter}`],
    ['COMMAND', ({ argv }) => `"${cut(argv.join(' '), 20)}"`],
    ['CREATED', ({ created }) => `${age(created)} ago`],
    ['STATUS', (container) => statusOf(container, causeOf(rows, container))],
  ])
  for (const { command, head, cell } of rows.flatMap((row) => row.columns ?? [])) {
    const before = columns.get(head)
    if (command === 'ps') columns.set(head, (each) => cell(each) ?? before?.(each) ?? '')
  }
  columns.set('NAMES', ({ name }) => name)
  return {
    json: shown.map((container) => publicState(rows, container)),
    ids: shown.map(({ id }) => id),
    heads: [...columns.keys()],
    rows: shown.map((container) => [...columns.values()].map((cell) => cell(container))),
  }
}

/** Why it ended, in the word of the first chapter that knows. */
function causeOf(rows: Chapter[], container: Container): string | undefined {
  return rows.map(({ endedBecause }) => endedBecause?.(container)?.word).find(Boolean)
}

/** `Up 3 minutes`, `Exited (137) 2 hours ago`. */
function statusOf(container: Container, because: string | undefined): string {
  const { status, created, finished, exitCode } = container
  if (status === 'running') return `Up ${age(created)}`
  if (status === 'created') return 'Created'
  const why = because === undefined ? '' : `, ${because}`
  return `Exited (${exitCode ?? 0}${why}) ${age(finished ?? created)} ago`
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}

/** Removes each, goes on after a failure, and ends with 1 when there was one. */
export async function rm({ runtime, words, switches, print, warn }: Input): Promise<Answer> {
  await tidy(runtime)
  const { root } = runtime
  let code = 0
  for (const word of words)
    try {
      const container = findContainer(root, word)
      const wasRunning = container.status === 'running'
      if (wasRunning && !switches.has('force'))
        throw new Error(
          `container '${container.name}' is running; stop it, or use rm -f to kill it`,
        )
      if (wasRunning) await end(runtime, container)
      const isRemoved = await remove(runtime, stateOf(root, container.id) ?? container)
      if (!isRemoved && !wasRunning) throw new Error(`no container named '${word}'`)
      print(word)
    } catch (error) {
      warn(error instanceof Error ? error.message : String(error))
      code = 1
    }
  return { code }
}
