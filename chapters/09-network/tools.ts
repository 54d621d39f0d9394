/** Chapter 9, for the tools that look at containers from outside. */
import { explainNetwork } from '../../runtime/09-network/explain-network.ts'
import { networkLeftovers } from '../../runtime/09-network/network-leftovers.ts'
import { networkObserver } from '../../runtime/09-network/watch-network.ts'
import { networkRows } from '../../runtime/09-network/xray-network.ts'
import type { ChapterTools } from '../../runtime/chapter-tools.ts'
import { capabilities } from './capabilities.ts'
import { consequences } from './consequences.ts'
import { misconceptions } from './misconceptions.ts'
import { resolverConsequences } from './resolver-consequences.ts'

export const tools: ChapterTools = {
  consequences: [...consequences, ...resolverConsequences],
  observers: [networkObserver],
  xray: networkRows,
  misconceptions,
  explain: explainNetwork,
  leftovers: [networkLeftovers],
  capabilities,
  demands: {
    own: ['container-links', 'packet-filter', 'forwarding'],
    wants: ['firewall', 'routes'],
  },
}
