/** Chapter 7: a container lets others in. */
import type { Chapter } from '../../runtime/chapter.ts'
import { plan } from './plan.ts'

export const chapter: Chapter = {
  number: 7,
  slug: 'exec',
  plan,
  commands: [],
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
}
