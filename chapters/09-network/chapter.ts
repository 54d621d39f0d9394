/** Chapter 9: a container has an address, ports and names. */
import { prepareNetwork } from '../../runtime/09-network/prepare-network.ts'
import { askedNetwork, checkNetwork } from '../../runtime/09-network/network-words.ts'
import { networkFlags } from '../../runtime/09-network/network-words.ts'
import { askedNames, nameFlags } from '../../runtime/09-network/name-words.ts'
import { releaseBridge } from '../../runtime/09-network/claim.ts'
import { forgetConversations } from '../../runtime/09-network/conversations.ts'
import { forgetNames } from '../../runtime/09-network/names.ts'
import { askedPorts, portFlags } from '../../runtime/09-network/port-words.ts'
import { networkCommands } from '../../runtime/09-network/network-command-words.ts'
import { portsColumn } from '../../runtime/09-network/ports-column.ts'
import { endNetwork, leaveNetworks, recoverNetworks } from '../../runtime/09-network/end-network.ts'
import { etcNames } from '../../runtime/09-network/etc-files.ts'
import { plannedNetwork } from '../../runtime/09-network/planned-network.ts'
import { plannedNames, prepareNames } from '../../runtime/09-network/prepare-names.ts'
import { recoverNames, renamed } from '../../runtime/09-network/prepare-names.ts'
import { memberOf } from '../../runtime/09-network/join-options.ts'
import { changingContainers } from '../../runtime/09-network/changing.ts'
import { lentNetworks } from '../../runtime/09-network/members.ts'
import type { Chapter, FurtherList } from '../../runtime/chapter.ts'
import { connectPlan, disconnectPlan } from './connect.ts'
import { plan } from './plan.ts'

const loadPrinted = () => import('../../runtime/09-network/printed-join.ts')

/** In both lists there is a container that runs. */
const joins: FurtherList['joins'] = (container) => ({
  joining: { member: memberOf(container), ways: [] },
})

export const chapter: Chapter = {
  number: 9,
  slug: 'network',
  plan,
  commands: networkCommands,
  lists: {
    'network connect': {
      plan: connectPlan,
      joins,
      printed: async (input) => (await loadPrinted()).printedConnect(input),
    },
    'network disconnect': {
      plan: disconnectPlan,
      joins,
      printed: async (input) => (await loadPrinted()).printedDisconnect(input),
    },
  },
  columns: [{ command: 'ps', head: 'PORTS', cell: portsColumn }],
  inspects: {
    network: async (root, name) =>
      (await import('../../runtime/09-network/inspect-network.ts')).inspectNetwork(root, name),
  },
  has: { network: 'bridge' },
  networks: ['bridge'],
  flags: { run: [...networkFlags, ...portFlags, ...nameFlags] },
  checkNetwork,
  asked: (typed, image) => ({
    ...askedNetwork(typed),
    ...askedPorts(typed, image),
    ...askedNames(typed),
  }),
  ordinary: () => ({ etc: { directory: '/containers/<id>', names: [...etcNames] } }),
  prepare: async (setting) => ({ ...(await prepareNetwork(setting)), ...prepareNames(setting) }),
  planned: (setting) => ({ ...plannedNetwork(setting), ...plannedNames(setting) }),
  tried: () => ({ etc: { directory: '/containers/<id>', names: [] } }),
  started: async ({ container }) => {
    releaseBridge()
    await forgetConversations(container.net?.ports ?? [])
  },
  kept: (setting) => {
    releaseBridge()
    forgetNames(setting.root, setting.container.id)
    leaveNetworks(setting)
  },
  ended: async (setting) => {
    releaseBridge()
    forgetNames(setting.root, setting.container.id)
    return endNetwork(setting)
  },
  lends: lentNetworks,
  happened: renamed,
  recover: async (root, runtime) => {
    recoverNames(root)
    await recoverNetworks(root)
    if (changingContainers(root).length === 0) return
    const { recoverMembers } = await import('../../runtime/09-network/member-record.ts')
    await recoverMembers(runtime)
  },
  chinese: async () => (await import('./zh.json', { with: { type: 'json' } })).default,
  tools: async () => (await import('./tools.ts')).tools,
  lab: async () => (await import('./lab/lab.ts')).lab,
}
