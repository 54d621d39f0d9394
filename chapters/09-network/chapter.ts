/** Chapter 9: a container has an address, ports and names. */
import { prepareNetwork } from '../../runtime/09-network/prepare-network.ts'
import { askedNetwork, checkNetwork } from '../../runtime/09-network/network-words.ts'
import { networkFlags } from '../../runtime/09-network/network-words.ts'
import { askedPorts, portFlags } from '../../runtime/09-network/port-words.ts'
import { endNetwork, recoverNetworks } from '../../runtime/09-network/end-network.ts'
import type { Chapter } from '../../runtime/chapter.ts'
import { plan } from './plan.ts'

export const chapter: Chapter = {
  number: 9,
  slug: 'network',
  plan,
  has: { network: 'bridge' },
  networks: ['bridge'],
  flags: { run: [...networkFlags, ...portFlags] },
  checkNetwork,
  asked: (typed, image) => ({ ...askedNetwork(typed), ...askedPorts(typed, image) }),
  prepare: prepareNetwork,
  ended: endNetwork,
  recover: recoverNetworks,
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
}
