/** The lists of `network connect` and `disconnect` that are only printed. */
import { planOptions } from '../chapter.ts'
import type { Input } from '../command-line.ts'
import { findContainer } from '../container/find.ts'
import type { Container, PlanOptions } from '../options.ts'
import { wishIn } from './connect-commands.ts'
import { freePlace } from './connect.ts'
import { checkJoin, checkLeave } from './join-checks.ts'
import { joiningOptions, leavingOptions, memberOf } from './join-options.ts'
import type { Member } from './join.ts'
import { findNetwork, type NetworkRecord } from './networks.ts'
import { plannedEnd, unmadeNetwork } from './planned-network.ts'
import { withWays } from './redirect.ts'

/** A container in the default network, for readers who have none. */
const id = '0123456789abcdef'.repeat(4)
const first = plannedEnd({ id, network: unmadeNetwork('bridge'), at: 0 })
const typical = { id, name: 'web', net: { ends: [first], ports: [] } } as unknown as Container

interface About {
  container: Container
  member: Member
  network: NetworkRecord
}

/** Only root can look into containers; others, and other systems, get a typical one. */
function aboutIn(input: Input, check: typeof checkJoin): About {
  const [word = 'blue', name] = input.words
  const { root } = input.runtime
  const canLook = process.platform === 'linux' && process.geteuid?.() === 0
  if (name === undefined || !canLook)
    return { container: typical, member: { pid: 4242, start: 123456 }, network: other(word) }
  const [network, container] = [findNetwork(root, word), findContainer(root, name)]
  const member = memberOf(container)
  check(container, network)
  return { container, member, network }
}

function other(name: string): NetworkRecord {
  const subnets = [{ subnet: '172.18.0.0/16', gateway: '172.18.0.1' }]
  const bridge = { name: 'sb-<network>', index: 2 ** 24 + 9 }
  return { ...unmadeNetwork(name), id: `<id of ${name}>`, subnets, bridge }
}

export function printedConnect(input: Input): PlanOptions {
  const { root, rows } = input.runtime
  const { container, member, network } = aboutIn(input, checkJoin)
  const before = container.net?.ends ?? []
  const place = { id: container.id, network, at: freePlace(before) }
  const after = withWays([...before, plannedEnd(place, wishIn(input))])
  const change = { container, member, root, network, before, after, moved: [] }
  return planOptions(rows, joiningOptions(change))
}

export function printedDisconnect(input: Input): PlanOptions {
  const { container, network } = aboutIn(input, checkLeave)
  const { ends = [], ports = [] } = container.net ?? {}
  const end = ends.find((each) => each.network === network.id) ?? ends[0]
  if (!end) throw new Error(`container '${container.name}' is in no network`)
  const rest = withWays(ends.filter((each) => each !== end))
  const left = { ...container, net: { ends: rest, ports: [] } }
  const moved = ports.filter(({ to }) =>
    end.inside.addresses.some(({ address }) => address === to.address),
  )
  return planOptions(input.runtime.rows, leavingOptions(left, { end, moved }))
}
