/** Chapter 9: a container has an address, ports and names. */
import { prepareNetwork } from '../../runtime/09-network/prepare-network.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import { plan } from './plan.ts'

export const chapter: Chapter = {
  number: 9,
  slug: 'network',
  plan,
  has: { network: 'bridge' },
  networks: ['bridge'],
  prepare: prepareNetwork,
  tools: async () => (await import('./tools.ts')).tools,
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
}
