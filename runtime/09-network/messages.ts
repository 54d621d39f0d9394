/** The messages of rtnetlink(7) that give a container a network. */
import { addressFamily, toBytesOf, type Attribute } from '../rtnetlink.ts'
import type { MessageFlag } from '../rtnetlink-layouts.ts'
import type { Bridge, NetworkEnd, PlacedAddress } from './net-plan.ts'

const asks: MessageFlag[] = ['NLM_F_REQUEST', 'NLM_F_ACK']
const makes: MessageFlag[] = [...asks, 'NLM_F_EXCL', 'NLM_F_CREATE']

const replacing: MessageFlag[] = [...asks, 'NLM_F_REPLACE', 'NLM_F_CREATE']

/** IFF_UP: netdevice(7). */
const up = { ifi_flags: 1, ifi_change: 1 }

/** A bridge, which is down. Its address is its own: otherwise it is that of the lowest port. */
export function makeBridge({ name, index, mtu }: Omit<Bridge, 'addresses'>): Uint8Array {
  return toBytesOf({
    type: 'RTM_NEWLINK',
    flags: makes,
    fixed: { ifi_index: index },
    attributes: [
      ['IFLA_IFNAME', name],
      ['IFLA_ADDRESS', macOf(index)],
      ['IFLA_MTU', mtu],
      ['IFLA_LINKINFO', [['IFLA_INFO_KIND', 'bridge']]],
    ],
  })
}

/** A locally administered address, which begins like those of Docker, with a number in it. */
function macOf(number: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255)
  return ['02', '42', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':')
}

/** Both ends of a pair: one is a port of the bridge and up, the other is in the namespace `fd`. */
export function makePair({ bridge, veth, inside }: NetworkEnd, fd: number): Uint8Array {
  const peer: Attribute[] = [
    ['IFLA_IFNAME', inside.name],
    ['IFLA_ADDRESS', inside.mac],
    ['IFLA_MTU', bridge.mtu],
    ['IFLA_NET_NS_FD', fd],
  ]
  const data: Attribute[] = [
    ['VETH_INFO_PEER', { fixed: { ifi_index: inside.index }, attributes: peer }],
  ]
  return toBytesOf({
    type: 'RTM_NEWLINK',
    flags: makes,
    fixed: { ifi_index: veth.index, ...up },
    attributes: [
      ['IFLA_IFNAME', veth.name],
      ['IFLA_IFALIAS', veth.alias],
      ['IFLA_MTU', bridge.mtu],
      ['IFLA_MASTER', bridge.index],
      ['IFLA_LINKINFO', [['IFLA_INFO_KIND', 'veth'], ['IFLA_INFO_DATA', data]]],
    ],
  })
}

/** A port of a bridge sends back what came in by it, if it is for its container (hairpin). */
export function turnBack({ veth }: NetworkEnd): Uint8Array {
  return toBytesOf({
    type: 'RTM_NEWLINK',
    flags: asks,
    fixed: {},
    attributes: [
      ['IFLA_IFNAME', veth.name],
      [
        'IFLA_LINKINFO',
        [
          ['IFLA_INFO_SLAVE_KIND', 'bridge'],
          ['IFLA_INFO_SLAVE_DATA', [['IFLA_BRPORT_MODE', 1]]],
        ],
      ],
    ],
  })
}

/** Remove a link, and the other end with it. */
export function removeLink(name: string): Uint8Array {
  const attributes: Attribute[] = [['IFLA_IFNAME', name]]
  return toBytesOf({ type: 'RTM_DELLINK', flags: asks, fixed: {}, attributes })
}

/** The same by its number, whatever it is called: what has its name may be another's. */
export function removeNumbered(index: number): Uint8Array {
  return toBytesOf({
    type: 'RTM_DELLINK',
    flags: asks,
    fixed: { ifi_index: index },
    attributes: [],
  })
}

export function linkUp(name: string): Uint8Array {
  const attributes: Attribute[] = [['IFLA_IFNAME', name]]
  return toBytesOf({ type: 'RTM_NEWLINK', flags: asks, fixed: { ...up }, attributes })
}

/** An address of interface `index`, at once: nobody is asked whether it is taken (no DAD). */
export function addAddress(index: number, { address, prefix }: PlacedAddress): Uint8Array {
  const family = addressFamily(address)
  const isSix = family === 10
  return toBytesOf({
    type: 'RTM_NEWADDR',
    flags: makes,
    fixed: {
      ifa_family: family,
      ifa_prefixlen: prefix,
      ifa_flags: isSix ? 2 : 0,
      ifa_index: index,
    },
    attributes: [
      ['IFA_LOCAL', address],
      ['IFA_ADDRESS', address],
      ...(isSix || prefix > 30 ? [] : [broadcast({ address, prefix })]),
    ],
  })
}

/** The last address of the network. */
function broadcast({ address, prefix }: PlacedAddress): Attribute {
  const bits = address.split('.').map((part, at) => {
    const own = Math.min(Math.max(prefix - 8 * at, 0), 8)
    return Number(part) | (255 >> own)
  })
  return ['IFA_BROADCAST', bits.join('.')]
}

/** The route for all that is not in a network of the interfaces: there is none, or in its place. */
export function defaultRoute(gateway: string, { replaces = false } = {}): Uint8Array {
  return toBytesOf({
    type: 'RTM_NEWROUTE',
    flags: replaces ? replacing : makes,
    fixed: { rtm_family: addressFamily(gateway), rtm_table: 254, rtm_protocol: 3, rtm_type: 1 },
    attributes: [['RTA_GATEWAY', gateway]],
  })
}
