/** Chapter 3: a container has its own `/`, devices and a terminal. */
import { workdir } from '../../runtime/01-namespaces/flags.ts'
import { identityIn } from '../../runtime/01-namespaces/identity.ts'
import { askedOfRoot, preparedRoot, rootFlags } from '../../runtime/03-pivot-root/flags.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import { plan } from './plan.ts'

export const chapter: Chapter = {
  number: 3,
  slug: 'pivot-root',
  plan,
  has: { root: 'directory', terminal: true },
  flags: { run: rootFlags },
  asked: (typed, image) => ({ cwd: workdir(typed, image) ?? '/', ...askedOfRoot(typed) }),
  ordinary: () => ({ root: '/image/rootfs', streams: { hasInput: true, isJoined: false } }),
  prepare: ({ container }) => preparedRoot(container),
  identity: (asked, { root, hostname }) => identityIn([root], { asked, hostname }),
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
  lab: async () => (await import('./lab/lab.ts')).lab,
}
