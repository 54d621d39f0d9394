/** Chapter 1: a container is a process with namespaces of its own. */
import { askedOfProcess, processFlags } from '../../runtime/01-namespaces/flags.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import { plan } from './plan.ts'

export const chapter: Chapter = {
  number: 1,
  slug: 'namespaces',
  plan,
  has: { root: 'host' },
  networks: ['none', 'host'],
  flags: { run: processFlags },
  asked: askedOfProcess,
  ordinary: () => ({ network: 'none' }),
  prepare: ({ container }) => ({ network: container.network ?? 'none' }),
  tools: async () => (await import('./tools.ts')).tools,
}
