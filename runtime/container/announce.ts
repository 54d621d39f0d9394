/** What happens to containers, told to the chapters. */
import type { Happening, Runtime } from '../chapter.ts'
import type { Container } from '../options.ts'

/**
 * Say that something has happened to a container, in Docker's words: an action, and what else is
 * known. Never throws.
 */
export function announce(
  runtime: Runtime,
  container: Container,
  { action, ...attributes }: Record<string, string> & { action: string },
): void {
  happen(runtime, { action, container, attributes })
}

/** The same for whatever it happened to. */
export function happen({ rows, root }: Runtime, event: Happening): void {
  const { container } = event
  const lent = container ? rows.flatMap((row) => row.lends?.(container, root) ?? []) : []
  const whole = lent.length > 0 ? { ...event, lent } : event
  for (const { happened } of rows) happened?.(root, whole)
}
