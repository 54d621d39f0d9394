/** `create` and `start`, the operations: a container is laid out now, and started later. */
import { isFrozen } from '../02-cgroups/group-control.ts'
import type { Runtime } from '../chapter.ts'
import type { Explain } from '../command-line.ts'
import { amendContainer } from '../container/amendments.ts'
import { create, keep, type CreateOptions } from '../container/create.ts'
import { discard } from '../container/remove.ts'
import { beginAgain } from '../container/run.ts'
import { settle } from '../container/settle.ts'
import { containerDir } from '../container/state.ts'
import { makePlace } from '../data-root.ts'
import { NativeFailure } from '../native-failure.ts'
import { StepError, type Outcome } from '../native.ts'
import type { Container } from '../options.ts'
import { isLive, withContainer } from './states.ts'
import { writeLayerFree } from './write-layer.ts'

/** Create a container that is not started. `onCreated` may throw: then nothing is left of it. */
export async function createContainer(
  runtime: Runtime,
  options: CreateOptions,
  onCreated: (id: string) => void = () => {},
): Promise<Container> {
  const created = await create(runtime, options)
  const { container } = created.setting
  try {
    onCreated(container.id)
    keep(runtime, created)
    return container
  } catch (error) {
    await discard(runtime, container)
    throw error
  }
}

export interface KeptStart {
  /** The chapter whose list a container of an earlier one gets. */
  chapter: number
  explain?: Explain
  changes?: Partial<Container>
  /** The start waits for this client; if that is killed before, there is no start. */
  client?: Promise<Outcome>
}

/** Start a container, detached. One that runs stays as it is. */
export function startContainer(runtime: Runtime, word: string, how: KeptStart): Promise<void> {
  return withContainer(runtime, word, async (container) => {
    if (!isLive(container)) return startKept(runtime, container, how)
    if (isFrozen(container.groups ?? []))
      throw new Error(`container '${container.name}' is paused; unpause lets it go on`)
  })
}

const notKept = { rm: undefined }

async function startKept(
  runtime: Runtime,
  container: Container,
  { chapter, explain, changes = {}, client }: KeptStart,
): Promise<void> {
  const { name, image, streams } = container
  if (!image)
    throw new Error(
      `container '${name}' is of chapter ${container.chapter}, without layers, and starts once;\n` +
        '  run its command again',
    )
  const { root } = runtime
  await writeLayerFree(containerDir(root, container.id))
  // A restart has kept it for a moment (`rm`), and it may end at once.
  if (changes.rm) amendContainer(makePlace(root, 'tmp'), containerDir(root, container.id), notKept)
  const started = await beginAgain(runtime, container, {
    isAwaited: false,
    ...changes,
    chapter: Math.max(container.chapter, chapter),
    detach: true,
    streams: { hasInput: streams?.hasInput ?? false, isJoined: false },
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  void client?.then(({ lost, failure }) => {
    if (lost || failure) started.launched.abandon()
  })
  let why = ''
  let exitCode = 125
  for await (const report of started.reports) {
    if (!report.failed) continue
    why = new StepError(started.plan, report).message
    const { plan, pid, setting } = started
    const more = await explain?.({ plan, pid, chapter: setting.container.chapter }, report)
    if (more) [why, exitCode] = [more.text, more.exitCode]
  }
  const outcome = await started.launched.outcome
  if (outcome.livesOn) return
  const { refused = 'its end came before its command ran' } = outcome
  await settle(runtime, started.setting.container, { ...outcome, exitCode, refused })
  if (started.problem) throw started.problem
  throw why === '' ? new NativeFailure(refused) : new Error(why)
}
