/** Tests. The state of a container that this process never started. */
import { chapters } from '../chapters/table.ts'
import type { Container } from '../runtime/options.ts'

/** All that a state must have, of a container whose monitor is gone; `more` changes it. */
export function stateOf(id: string, more: Partial<Container> = {}): Container {
  return {
    version: 2,
    id,
    name: 'odd',
    hostname: 'odd',
    argv: ['true'],
    env: [],
    rm: true,
    chapter: chapters.at(-1)?.number ?? 0,
    created: '2026-01-01T00:00:00.000Z',
    status: 'running',
    monitor: { pid: process.pid, start: 1, boot: 'none' },
    ...more,
  }
}
