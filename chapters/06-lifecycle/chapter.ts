/** Chapter 6: a container lives on without its parent. */
import { askedLife, lifeFlags } from '../../runtime/06-lifecycle/flags.ts'
import { prepareLife } from '../../runtime/06-lifecycle/lifecycle.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import { plan } from './plan.ts'

const dir = '/containers/<id>'

export const chapter: Chapter = {
  number: 6,
  slug: 'lifecycle',
  plan,
  flags: { run: lifeFlags },
  asked: askedLife,
  ordinary: () => ({ log: { path: `${dir}/<id>-json.log`, maxBytes: 0, files: 1 } }),
  prepare: prepareLife,
  commands: [
    {
      name: 'settle',
      usage: 'settle',
      summary: 'clear up after containers that have ended; their monitors call it',
      flags: [],
      words: [0, 0],
      load: async () => (await import('../../runtime/06-lifecycle/settle.ts')).settleCommand,
    },
  ],
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
}
