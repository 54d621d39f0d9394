/** What is often believed of networks, tried. */
import type { Misconception } from '../../runtime/consequence.ts'
import { messageIn } from '../../runtime/rtnetlink.ts'
import type { Step } from '../../runtime/step.ts'
import { net, pings, published } from './pretend.ts'

const options = () => ({ net })

export const misconceptions: Misconception[] = [
  {
    name: 'socket-moves',
    belief: 'a socket is about the network that its process is in',
    alter: socketLater,
    consequence: 'it is about the one that it was made in, and the new one has no such bridge',
    options,
    see: { ...pings, broken: 'rtnetlink = (EINVAL|ENODEV)' },
  },
  {
    name: 'any-order',
    belief: 'an address and a route are settings, so their order does not matter',
    alter: routeFirst,
    consequence: 'a gateway has to be reached at the moment when its route is made',
    options,
    see: { ...pings, broken: 'rtnetlink = ENETUNREACH' },
  },
  {
    ...published,
    name: 'one-hook',
    belief: 'a rule at prerouting catches all that goes to a published port',
    alter: withoutOutput,
    consequence: 'what the host itself sends begins at output, and no rule changes it',
  },
]

/** The socket for the cable is made when the new network is there. */
function socketLater(list: Step[]): Step[] {
  const [, forCable] = list.filter(({ call }) => call[0] === 'netlink_socket')
  const others = list.filter((each) => each !== forCable)
  const at = others.findIndex(({ call }) => call[0] === 'open' && call[1].endsWith('/ns/net'))
  return forCable ? others.toSpliced(at, 0, forCable) : list
}

/** The default route is made before the address of the container. */
function routeFirst(list: Step[]): Step[] {
  const isOf = ({ call }: Step, type: string) =>
    call[0] === 'rtnetlink' && messageIn(call[2])?.type === type
  const routes = list.filter((each) => isOf(each, 'RTM_NEWROUTE'))
  const others = list.filter((each) => !isOf(each, 'RTM_NEWROUTE'))
  return others.toSpliced(others.findLastIndex((each) => isOf(each, 'RTM_NEWADDR')), 0, ...routes)
}

/** The packet filter has no chain at the hook of what the host itself sends. */
function withoutOutput(list: Step[]): Step[] {
  return list.map((each): Step => {
    const { call } = each
    if (call[0] !== 'spawn') return each
    const script = call[4].replace(/chain output \{[^}]*\}/, '')
    return { ...each, call: [...call.slice(0, 4), script] as typeof call }
  })
}
