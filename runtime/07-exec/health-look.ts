/** What x-ray shows of a container that is checked. */
import type { XRayRow } from '../chapter-tools.ts'
import type { Container } from '../options.ts'
import { healthOf } from './health-results.ts'

/** The row of a container that runs, if something checks it. */
export function healthRows(container: Container, dir: string): XRayRow[] {
  const { Status, Log } = healthOf(container, dir, true) ?? {}
  if (!Status) return []
  const last = Log?.at(-1)
  const host = last ? `${Status}; the last check ended with ${last.ExitCode}` : Status
  return [{ name: 'health', host, container: 'not known' }]
}
