/** `inspect`: everything that is known of a container or an image. */
import { detailsOf } from '../05-commit/store/images.ts'
import { measureLayers } from '../05-commit/store/sizes.ts'
import { resolve } from '../05-commit/store/store.ts'
import type { Chapter } from '../chapter.ts'
import { forEachWord, UsageError, valueOf, type Answer, type Input } from '../command-line.ts'
import { findContainer } from '../container/find.ts'
import { Missing } from '../missing.ts'
import type { Container } from '../options.ts'
import { dockerState, type DockerState } from './inspect-container.ts'

type Look = (name: string) => object | Promise<object>

/** Containers before images, as Docker looks for a name; then what the chapters have beside. */
export async function inspect(input: Input): Promise<Answer> {
  const { root, rows } = input.runtime
  const isMeasured = input.switches.has('size')
  const container = (name: string) => {
    const found = findContainer(root, name)
    return merged(dockerState(root, found, isMeasured), publicState(rows, found))
  }
  const others = rows.flatMap(({ inspects = {} }) =>
    Object.entries(inspects).map(([kind, look]) => [kind, (name: string) => look(root, name)]),
  )
  const image = async (name: string) => {
    const found = resolve(root, name)
    await measureLayers(root, found.layers)
    return detailsOf(root, found)
  }
  const kinds: Record<string, Look> = { container, image, ...Object.fromEntries(others) }
  const type = valueOf(input, 'type') ?? input.group
  const looks = type === undefined ? Object.values(kinds) : [kinds[type] ?? unknown(type, kinds)]
  const found: object[] = []
  const code = await forEachWord(input, async (word) => void found.push(await first(looks, word)))
  return { json: found, code }
}

function unknown(type: string, kinds: Record<string, Look>): never {
  throw new UsageError(`unknown type '${type}': ${Object.keys(kinds).join(', ')}`)
}

/** The chapters know more of some fields of Docker's, such as the limits in `HostConfig`. */
function merged(docker: DockerState, own: { HostConfig?: object }): object {
  return { ...docker, ...own, HostConfig: { ...docker.HostConfig, ...own.HostConfig } }
}

/** The first answer; where none is found, the problem of the last that is no container. */
async function first(looks: Look[], name: string): Promise<object> {
  let problem: unknown
  for (const look of looks)
    try {
      return await look(name)
    } catch (error) {
      problem = error // ignoring all but the last: it may be something else
    }
  if (looks.length === 1 || !(problem instanceof Missing)) throw problem
  problem.message = `no container named '${name}', and ${problem.message}`
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
