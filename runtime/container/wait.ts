/** Wait for the end of a container: of one that this process started, or of any other. */
import type { Runtime } from '../chapter.ts'
import type { Outcome } from '../native.ts'
import type { Container } from '../options.ts'
import { isAlive } from '../process.ts'
import type { Started } from './start.ts'
import { keptState, markedState } from './state.ts'

/** How the plan was carried out, and how the command ended. Drops reports that nobody reads. */
export async function wait(started: Started): Promise<Outcome> {
  for await (const _ of started.reports) continue
  return started.launched.outcome
}

const lookEveryMs = 5

/**
 * Wait until `container`, which another process waits for, is settled: for `milliseconds` at most,
 * and no longer than that process lives. Gives its state, undefined when it was removed, or
 * 'running' when time is up.
 */
export async function waitForOther(
  { root }: Runtime,
  { id, monitor }: Container,
  milliseconds = Infinity,
): Promise<Container | undefined | 'running'> {
  const end = performance.now() + milliseconds
  while (markedState(root, id)) {
    if (!isAlive(monitor) || performance.now() > end) return 'running'
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
  }
  return keptState(root, id)
}
