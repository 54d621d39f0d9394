/** `inspect`: everything that is known of a container or an image. */
import { detailsOf } from '../05-commit/store/images.ts'
import { resolve } from '../05-commit/store/store.ts'
import type { Chapter } from '../chapter.ts'
import type { Answer, Input } from '../command-line.ts'
import { findContainer } from '../container/find.ts'
import type { Container } from '../options.ts'

/** Containers before images, as Docker looks for a name; then what the chapters have besides. */
export async function inspect({ runtime, words, warn }: Input): Promise<Answer> {
  const { root, rows } = runtime
  const looks: ((name: string) => object | Promise<object>)[] = [
    (name) => publicState(rows, findContainer(root, name)),
    ...rows.flatMap((row) => (row.inspect ? [row.inspect.bind(row, root)] : [])),
    (name) => detailsOf(root, resolve(root, name)),
  ]
  const found: object[] = []
  let code = 0
  for (const word of words)
    try {
      found.push(await first(looks, word))
    } catch (error) {
      warn(`no container named '${word}', and ${(error as Error).message}`)
      code = 1
    }
  return { json: found, lines: JSON.stringify(found, null, 2).split('\n'), code }
}

/** The first answer; where none is found, the last problem. */
async function first(
  looks: ((name: string) => object | Promise<object>)[],
  name: string,
): Promise<object> {
  let problem: unknown
  for (const look of looks)
    try {
      return await look(name)
    } catch (error) {
      problem = error // ignoring all but the last: it may be something else
    }
  throw problem
}

/** What `ps --format json` and `inspect` print: shared fields, then those of the chapters. */
export function publicState(rows: Chapter[], container: Container): object {
  const { id, name, chapter, created, finished, status, argv, hostname, rm } = container
  const { exitCode, signal, monitor, init } = container
  return {
    id,
    name,
    chapter,
    created,
    finished,
    status,
    command: argv,
    hostname,
    rm,
    exitCode,
    signal,
    ...Object.assign({}, ...rows.map(({ fields }) => fields?.(container))),
    ...(status === 'running' && init ? { pid: init.pid } : {}),
    monitorPid: monitor.pid,
  }
}
