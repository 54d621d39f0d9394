/**
 * `network connect` and `network disconnect`, the operations.
 *
 * An end that is being made or taken away is on record first (`pending`). If this process is
 * killed, who comes next takes that end away: a container is in a network, or it is not.
 */
import { isLive, withContainer } from '../06-lifecycle/states.ts'
import { furtherList, planOptions, type Runtime } from '../chapter.ts'
import { perform } from '../native.ts'
import type { Container, PlanOptions } from '../options.ts'
import type { Step } from '../step.ts'
import { theDefaultNetwork } from './change-networks.ts'
import { endpointsOf, type AskedEndpoint, type ContainerNet } from './endpoints.ts'
import { checkJoin, checkLeave } from './join-checks.ts'
import { joiningOptions, leavingOptions, memberOf } from './join-options.ts'
import { amend, finished, settled, tellNames, withoutPending } from './member-record.ts'
import { announceMember } from './members.ts'
import type { NetworkEnd } from './net-plan.ts'
import { defaultNetwork, findNetwork, type NetworkRecord } from './networks.ts'
import { checkAddressWish, networkFor, placeIn } from './prepare-network.ts'
import { indexOfLink } from './seen-links.ts'
import { isSamePort, redirected, withWays, withoutWays } from './redirect.ts'

/** What a container wishes for in a network that it joins. */
export type MemberWish = Omit<AskedEndpoint, 'network' | 'isJoined'>

export interface MemberChange {
  network: string
  container: string
  /** Carries out the list. False if it was left before its end. */
  carry?: (plan: Step[], container: Container) => Promise<boolean>
  /** The list is carried out on a pretend machine, and nothing is to be as it says. */
  isExperiment?: boolean
}

/** The container joins the network: now if it runs, else at its next start. */
export async function connectContainer(
  runtime: Runtime,
  { wish = {}, ...asked }: MemberChange & { wish?: MemberWish },
): Promise<void> {
  const { root } = runtime
  if (asked.network === defaultNetwork) await theDefaultNetwork(root)
  const { name } = findNetwork(root, asked.network)
  await withContainer(runtime, asked.container, async (found) => {
    const container = await settled(runtime, found)
    const network = findNetwork(root, name)
    checkJoin(container, network)
    checkAddressWish(network, wish)
    const endpoint = { ...wish, network: name, isJoined: true }
    const others = endpointsOf(container).filter((each) => each.network !== name)
    const joined = { ...container, endpoints: [...others, endpoint] }
    if (!isLive(container)) return amend(runtime, container, { endpoints: joined.endpoints })
    const usable = await networkFor(root, name)
    const net = await plugged(runtime, { ...asked, joined, container, network: usable, endpoint })
    if (!net) return
    await finished(runtime, { ...joined, net })
    announceMember(root, network, { action: 'connect', container: { ...joined, net } })
  })
}

type Plugging = Omit<MemberChange, 'network' | 'container'> & {
  container: Container
  /** As it is with the network on record. */
  joined: Container
  network: NetworkRecord
  endpoint: AskedEndpoint
}

/** Make another end. Gives what the container has then; undefined if nothing has changed. */
async function plugged(runtime: Runtime, asked: Plugging): Promise<ContainerNet | undefined> {
  const { container, joined, network, endpoint, isExperiment } = asked
  const { root } = runtime
  const { ends: before, ports, idle } = netOf(container)
  const place = { root, id: container.id, network, at: freePlace(before) }
  const made = withoutWays(await placeIn(place, endpoint))
  const after = withWays([...before, made])
  const net = { ends: after, ...redirected([...ports, ...idle], after) }
  const moved = net.ports.filter((each) => idle.some((other) => isSamePort(each, other)))
  const pending = { end: after.at(-1) ?? made, moved }
  const marked = { ...container, net: { ...container.net, ends: before, ports, pending } }
  amend(runtime, container, { net: marked.net })
  if (!isExperiment) tellNames(root, { ...joined, net }) // its resolver begins by reading them
  let isMade = false
  try {
    const member = memberOf(container)
    const change = { container, member, root, network, before, after, moved }
    const options = joiningOptions(change)
    const { resolver: _, ...harmless } = options // it would outlive the pretend machine
    const list = { name: 'network connect', options: isExperiment ? harmless : options }
    isMade = (await carriedOut(runtime, list, asked)) && !isExperiment
  } finally {
    if (!isMade) await withoutPending(runtime, marked)
  }
  return isMade ? net : undefined
}

function netOf({ net }: Container): Required<Omit<ContainerNet, 'pending'>> {
  return { ends: net?.ends ?? [], ports: net?.ports ?? [], idle: net?.idle ?? [] }
}

/** The lowest number of an interface that it does not have. */
export function freePlace(ends: NetworkEnd[]): number {
  const taken = new Set(ends.map(({ inside }) => inside.index - 2))
  let at = 0
  while (taken.has(at)) at++
  return at
}

async function carriedOut(
  { rows }: Runtime,
  { name, options }: { name: string; options: Partial<PlanOptions> },
  { carry, container }: Pick<Plugging, 'carry' | 'container'>,
): Promise<boolean> {
  const plan = await furtherList(rows, name).plan({ ...planOptions(rows), ...options })
  if (carry) return carry(plan, container)
  await perform(plan)
  return true
}

/**
 * The container leaves the network: now if it runs, and it is not there at its next start. False if
 * it is still there.
 */
export async function disconnectContainer(
  runtime: Runtime,
  asked: MemberChange,
): Promise<boolean> {
  const { root } = runtime
  return withContainer(runtime, asked.container, async (found) => {
    const container = await settled(runtime, found)
    const network = networkOf(root, container, asked.network)
    checkLeave(container, network)
    const { name } = network
    const endpoints = endpointsOf(container).filter((each) => each.network !== name)
    const left = { ...container, endpoints }
    const end = container.net?.ends.find((each) => each.network === network.id)
    if (!isLive(container) || !end) amend(runtime, container, { endpoints })
    else {
      const change = { ...asked, container: left, before: container, end }
      if (!(await unplugged(runtime, change))) return false
    }
    announceMember(root, network, { action: 'disconnect', container: left })
    return true
  })
}

/** One that was removed meanwhile is left, too. */
function networkOf(root: string, container: Container, word: string): NetworkRecord {
  try {
    return findNetwork(root, word)
  } catch (error) {
    if (!endpointsOf(container).some(({ network }) => network === word)) throw error
    const [host] = [findNetwork(root, 'host')] // ignoring: nothing but its name is left
    return { ...host, name: word, driver: 'bridge' }
  }
}

type Unplugging = Pick<MemberChange, 'carry' | 'isExperiment'> & {
  /** Without the network on record, and with it. */
  container: Container
  before: Container
  end: NetworkEnd
}

/** Take an end away. False if that was an experiment, or was left before its cable was gone. */
async function unplugged(runtime: Runtime, asked: Unplugging): Promise<boolean> {
  const { container, before, end, isExperiment } = asked
  const { ends, ports, idle } = netOf(container)
  const rest = withWays(ends.filter((each) => each !== end))
  const net = { ends: rest, ...redirected([...ports, ...idle], rest) }
  const addresses = end.inside.addresses.map(({ address }) => address)
  const moved = ports.filter(({ to }) => addresses.includes(to.address))
  const pending = { end, moved }
  const marked = { ...container, net: { ...net, pending } }
  const list = { name: 'network disconnect', options: leavingOptions(marked, pending) }
  if (isExperiment) {
    await carriedOut(runtime, list, asked)
    return false
  }
  amend(runtime, container, { endpoints: container.endpoints, net: marked.net })
  let isMade = false
  try {
    isMade = await carriedOut(runtime, list, asked)
    if (!isMade && (await indexOfLink(end.veth.name)) === end.veth.index) {
      amend(runtime, container, { endpoints: before.endpoints, net: netOf(before) })
      return false
    }
  } catch (error) {
    await withoutPending(runtime, marked)
    throw error
  }
  if (isMade) await finished(runtime, { ...marked, net }, end)
  else await withoutPending(runtime, marked)
  return true
}
