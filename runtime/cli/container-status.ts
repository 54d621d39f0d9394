/** What a container does now, in Docker's words: for `ps` and `inspect`. */
import { isFrozen } from '../02-cgroups/group-control.ts'
import { healthOf, type Health } from '../07-exec/health-results.ts'
import { containerDir } from '../container/state.ts'
import type { Container } from '../options.ts'
import { age } from '../units.ts'

type StateWord = Container['status'] | 'paused'

/** Its state in one word. That it is paused is not on record: its control group says so. */
export function stateWord(container: Container): StateWord {
  const { status, groups = [] } = container
  const isPaused = () => status === 'running' && isFrozen(groups)
  const word = looked.get(container) ?? (isPaused() ? 'paused' : status)
  looked.set(container, word)
  return word
}

/** A control group is looked at once for a line of a table, not for each cell. */
const looked = new WeakMap<Container, StateWord>()

/** What its checks have shown; undefined if there are none. */
export function stateOfHealth(root: string, container: Container): Health | undefined {
  const isChecked = stateWord(container) === 'running'
  return healthOf(container, containerDir(root, container.id), isChecked)
}

/**
 * `Up 3 minutes (healthy)`, `Exited (137) 2 hours ago`; `because` is why it ended, if known, and
 * `health` what its checks have shown.
 */
export function statusText(
  container: Container,
  because: string | undefined,
  health: string | undefined,
): string {
  const { created, started = created, finished = created, exitCode = 0 } = container
  const word = stateWord(container)
  if (word === 'created') return 'Created'
  const checked = health === 'starting' ? 'health: starting' : health
  if (word === 'running') return `Up ${age(started)}${checked ? ` (${checked})` : ''}`
  if (word === 'paused') return `Up ${age(started)} (Paused)`
  if (word === 'restarting') return `Restarting (${exitCode}) ${age(finished)} ago`
  const why = because === undefined ? '' : `, ${because}`
  return `Exited (${exitCode}${why}) ${age(finished)} ago`
}
