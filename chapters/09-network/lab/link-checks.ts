/** The host's side: a bridge, and a cable that is plugged into it. */
import type { Bench, Check, Facts, Finding } from '../../../runtime/chapter-lab.ts'
import type { Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { bridge, gateway, needs, netWith, tryOut } from './given.ts'

const isBlackBox = false

export const linkChecks: Check[] = [
  {
    ...{ id: 'bridge', exercise: 'bridge', points: 1, isBlackBox, needs },
    claim: sentence("the machine has a bridge, which is up, with the gateway's address"),
    judge: bridged,
  },
  {
    ...{ id: 'again', exercise: 'bridge', points: 1, isBlackBox, needs },
    claim: sentence('a bridge that is there already is used, and not made again'),
    judge: again,
  },
  {
    ...{ id: 'cable', exercise: 'cable', points: 1, isBlackBox, needs },
    claim: sentence('a cable has one end in the container and the other in the bridge'),
    judge: plugged,
  },
  {
    ...{ id: 'hairpin', exercise: 'cable', points: 1, isBlackBox, needs },
    claim: sentence('a packet may leave the bridge by the cable by which it came'),
    judge: turned,
  },
]

/** In hexadecimal digits, as /proc/net/route has the subnet of the gateway. */
const subnet = '0000090A'

function bridged(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('ran a container with a place in a network')
  return tryOut(bench, { did, net: netWith(), script: 'true' }, ({ machine }) => {
    const routes = machine.read('/proc/1/net/route') ?? ''
    if (routes.includes(`${bridge}\t${subnet}`)) return undefined
    const expected = sentence('a route of the machine to its network, by {bridge}', { bridge })
    const isThere = machine.read('/proc/1/net/fib_trie')?.includes(gateway)
    return {
      expected,
      saw: sentence('no route of that kind'),
      ...(isThere
        ? {
            means: sentence('the bridge has its address, and is down'),
            hint: sentence('what is a new interface, until somebody says otherwise?'),
          }
        : {
            means: sentence('the bridge has no address: the host is not in its network'),
            hint: sentence('whose address is the gateway of the containers?'),
          }),
    }
  })
}

function again(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('ran a container with two places in one network, so the bridge is met twice')
  return tryOut(bench, { did, net: netWith({ places: 2 }), script: 'true' }, ({ machine }) => {
    if (isPlugged(machine, 'sbvlab0') && isPlugged(machine, 'sbvlab1')) return undefined
    return {
      expected: sentence('both cables are in one bridge'),
      saw: sentence('a cable whose end on the host is in no bridge'),
      means: sentence('a bridge was made anew, and the cables of the one before are loose'),
      hint: sentence('what happens to the cables of others when a bridge is removed?'),
    }
  })
}

function isPlugged({ read }: Facts['machine'], name: string): boolean {
  return read(`/sys/class/net/${name}/brport/state`) !== undefined
}

function plugged(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('ran a container with a place in a network')
  const script = 'cat /sys/class/net/eth0/address; true'
  return tryOut(bench, { did, net: netWith(), script }, (facts, { out }) => {
    const [end] = netWith().ends
    if (!out().includes(end?.inside.mac ?? ''))
      return {
        expected: sentence('eth0 in the container, with the address {mac}', {
          mac: end?.inside.mac ?? '',
        }),
        saw: sentence('no such interface in it'),
        means: sentence('no end of a cable is in the network of the container'),
        hint: sentence('how does the kernel know in which network the far end is to be?'),
      }
    return isPlugged(facts.machine, 'sbvlab0') ? undefined : loose
  })
}

const loose: Seen = {
  expected: sentence('the end on the host is a port of the bridge'),
  saw: sentence('it is in no bridge'),
  means: sentence('the cable is not plugged in'),
  hint: sentence('which of the messages names the bridge?'),
}

function turned(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('ran a container with a place in a network')
  return tryOut(bench, { did, net: netWith(), script: 'true' }, ({ machine }) => {
    const mode = machine.read('/sys/class/net/sbvlab0/brport/hairpin_mode')?.trim()
    if (mode === '1') return undefined
    return {
      expected: sentence('hairpin_mode of the end on the host is 1'),
      saw: sentence('it is {mode}', { mode: mode ?? 'not there' }),
      means: sentence('a container that asks for its own published port gets no answer'),
      hint: sentence('which message about a port of a bridge is there in messages.ts?'),
    }
  })
}
