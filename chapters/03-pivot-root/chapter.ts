/** Chapter 3: a container has its own `/`, devices and a terminal. */
import type { Chapter } from '../../runtime/chapter.ts'
import { valueOf } from '../../runtime/command-line.ts'
import { plan } from './plan.ts'

export const chapter: Chapter = {
  number: 3,
  slug: 'pivot-root',
  plan,
  has: { root: 'directory', terminal: true },
  flags: { run: [{ long: 'tty', short: 't', text: 'give it a private terminal' }] },
  asked: (typed, image) => ({ cwd: (valueOf(typed, 'workdir') ?? image.WorkingDir) || '/' }),
  ordinary: () => ({ root: '/image/rootfs' }),
  prepare: ({ container: { rootfs = '/', terminal } }) => ({
    root: rootfs,
    ...(terminal ? { terminal } : {}),
  }),
  tools: async () => (await import('./tools.ts')).tools,
}
