/** Chapter 1: a container is a process with namespaces of its own. */
import { askedOfProcess, processFlags } from '../../runtime/01-namespaces/flags.ts'
import { identityIn } from '../../runtime/01-namespaces/identity.ts'
import { sharedBy } from '../../runtime/01-namespaces/modes.ts'
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
  prepare: (setting) => ({
    network: setting.container.network ?? 'none',
    ...sharedBy(setting),
  }),
  identity: (asked, { hostname }) => identityIn(['/'], { asked, hostname }),
  lab: async () => (await import('./lab/lab.ts')).lab,
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
}
