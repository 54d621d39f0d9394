/** `update`, as it is from this chapter on: limits, and the policy; for the next start, too. */
import { existsSync } from 'node:fs'
import { limitsFrom } from '../02-cgroups/flags.ts'
import type { Limits } from '../02-cgroups/limits.ts'
import { unlimited } from '../02-cgroups/update-command.ts'
import { updateContainer } from '../02-cgroups/update.ts'
import { rowsFor, type Runtime } from '../chapter.ts'
import { forEachWord, UsageError, valueOf, type Answer, type Input } from '../command-line.ts'
import { amendContainer } from '../container/amendments.ts'
import { announce } from '../container/announce.ts'
import { planOptionsNow } from '../container/create.ts'
import { journalPath, planPath } from '../container/journal.ts'
import { containerDir, markedState } from '../container/state.ts'
import { tidy } from '../container/tidy.ts'
import { makePlace } from '../data-root.ts'
import { writeAside } from '../durable.ts'
import { encode } from '../encode.ts'
import type { Container } from '../options.ts'
import { restartIn } from './flags.ts'
import type { RestartPolicy } from './monitor.ts'
import { withContainer } from './states.ts'

/** Echoes the name of each container that was changed. */
export async function updateCommand(input: Input): Promise<Answer> {
  const { runtime, values, print } = input
  if (values.size === 0)
    throw new UsageError('nothing to change: give one or more flags, as --memory 64m')
  const restart = restartIn(valueOf(input, 'restart'))
  const limits: Limits = { ...limitsFrom(input), ...unlimited(values) }
  await tidy(runtime)
  const code = await forEachWord(input, async (word) => {
    await changeContainer(runtime, word, { limits, restart })
    print(word)
  })
  return { code }
}

interface Changes {
  limits: Limits
  restart?: RestartPolicy | undefined
}

/** Change limits and policy of a container, while no other command does anything with it. */
export function changeContainer(
  runtime: Runtime,
  word: string,
  { limits, restart }: Changes,
): Promise<void> {
  const { root } = runtime
  return withContainer(runtime, word, async (container) => {
    const { id, name, rm } = container
    const dir = containerDir(root, id)
    if (restart && restart.name !== 'no' && rm)
      throw new Error(`container '${name}' is removed at its end (--rm): no policy starts it again`)
    if (Object.keys(limits).length > 0)
      try {
        await updateContainer(runtime, container, limits)
      } catch (error) {
        throw new Error(`cannot update '${word}': ${(error as Error).message}`, { cause: error })
      }
    if (restart) amendContainer(makePlace(root, 'tmp'), dir, { restart })
    const now = markedState(root, id)
    if (now) await replan(runtime, now)
    announce(runtime, container, { action: 'update' })
  })
}

/** Give the monitor of a container, if it has one, a plan that it carries out from now on. */
export async function replan(runtime: Runtime, container: Container): Promise<void> {
  const { root } = runtime
  const { id, chapter } = container
  if (!existsSync(journalPath(containerDir(root, id)))) return
  const row = (await rowsFor(runtime, chapter)).at(-1)
  if (!row) throw new Error('there are no chapters')
  const plan = await row.plan(await planOptionsNow(runtime, container))
  writeAside(makePlace(root, 'tmp'), planPath(containerDir(root, id)), encode(plan))
}
