/** The container's side: an address, and the way out. */
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { gateway, needs, netWith, place, place6, tryOut } from './given.ts'

const inside = { exercise: 'inside', isBlackBox: false, needs } as const

export const insideChecks: Check[] = [
  {
    ...{ id: 'reach', ...inside, points: 1 },
    claim: sentence('the container reaches the host by the address of its gateway'),
    judge: reaches,
  },
  {
    ...{ id: 'way-out', ...inside, points: 1 },
    claim: sentence('what is not for a neighbour goes to the gateway'),
    judge: leads,
  },
  {
    ...{ id: 'six', ...inside, points: 1 },
    claim: sentence('it has IPv6 in a network of IPv6, and in no other'),
    judge: withSix,
  },
]

function reaches(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('ran ping {gateway} in a container', { gateway })
  const script = [
    `ping -c 1 -w 9 ${gateway} > /dev/null 2>&1 && echo reached`,
    `ip address show dev eth0 | grep -o 'inet ${place}/24'`,
    'true',
  ].join('\n')
  return tryOut(bench, { did, net: netWith(), script }, (_, { out }) => {
    if (!out().includes(`inet ${place}/24`))
      return {
        expected: sentence('eth0 has the address {place}', { place }),
        saw: sentence('eth0 does not have it'),
        means: sentence('nobody who answers to it can find it'),
        hint: sentence('which message gives an interface an address, and which number has eth0?'),
      }
    if (out().includes('reached')) return undefined
    return {
      expected: sentence('an answer'),
      saw: sentence('no answer'),
      means: sentence('eth0 has its address, and no packet passes'),
      hint: sentence('what is a new interface, until somebody says otherwise?'),
    }
  })
}

function leads(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('ran ip route in a container')
  return tryOut(bench, { did, net: netWith(), script: 'ip route' }, (_, { out }) => {
    const route = `default via ${gateway} dev eth0`
    if (out().includes(route)) return undefined
    return {
      expected: sentence('{route}', { route }),
      saw: sentence('{routes}', { routes: out().trim().replaceAll('\n', ', ') || '-' }),
      means: sentence('it reaches its own network, and nothing beyond'),
      hint: sentence('where does a packet go whose address is in no subnet of an interface?'),
    }
  })
}

/** What IPv6 is switched off at, in both kinds of networks; `no IPv6` if the kernel has none. */
const seeSix = [
  '[ -d /proc/sys/net/ipv6 ] || echo no IPv6',
  'cat /sys/class/net/eth0/ifindex /proc/sys/net/ipv6/conf/eth0/disable_ipv6',
  'ip address show dev eth0 | grep -o "inet6 [^ ]*"; true',
].join('\n')

async function withSix(bench: Bench): Promise<Finding | undefined> {
  const without = sentence('ran a container in a network without IPv6')
  const off = { did: without, net: netWith(), script: seeSix }
  let hasSix = true
  const found = await tryOut(bench, off, (_, { out }) => {
    hasSix = !out().includes('no IPv6')
    const isOff = /^2\n1$/m.test(out())
    if (!out().startsWith('2') || (hasSix && !isOff))
      return {
        expected: sentence('eth0 has no address of IPv6'),
        saw: sentence('its disable_ipv6 is not 1'),
        means: sentence('the kernel gives it one by itself, which nobody has leased'),
        hint: sentence('which file under /proc/sys/net/ipv6/conf is about eth0?'),
      }
    return undefined
  })
  if (found || !hasSix) return found
  const did = sentence('ran a container in a network with IPv6')
  const on = { did, net: netWith({ hasIPv6: true }), script: seeSix }
  return tryOut(bench, on, (_, { out }) => {
    if (out().includes(`inet6 ${place6}/64`)) return undefined
    return {
      expected: sentence('eth0 has the address {place}', { place: place6 }),
      saw: sentence('eth0 does not have it'),
      means: sentence('one of two addresses is missing'),
      hint: sentence('how many addresses are in the options, and which kinds?'),
    }
  })
}
