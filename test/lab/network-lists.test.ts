/** Tests. What a learner's list may do with links and settings of the network. */
import { describe, expect, test } from 'vitest'
import { allows } from '../../chapters/09-network/lab/allows.ts'
import { netWith } from '../../chapters/09-network/lab/given.ts'
import { bridges, cables, interfaces } from '../../runtime/09-network/links.ts'
import { linkUp, makePair } from '../../runtime/09-network/messages.ts'
import { checkedList } from '../../runtime/lab/check-list.ts'
import { RefusedList } from '../../runtime/lab/list-shape.ts'
import { allRules } from '../../runtime/lab-rules.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import { toolStep, type Step } from '../../runtime/step.ts'
import type { Call } from '../../runtime/calls.ts'
import { given, type Written } from './hostile-lists.ts'

const net = netWith({ places: 2, hasIPv6: true })

/** As it comes from the learner's side. */
function judged(list: Step[]): Step[] {
  const options = { net } as PlanOptions
  return checkedList(JSON.parse(JSON.stringify(list)), { ...given, options }, allows)
}

const listOf = (calls: Written[]) => calls.map((call) => toolStep(call as Call, 'a test'))

test('the messages of the course are sent as they are', () => {
  const list = [...bridges(net), ...cables({ net }, 9), ...interfaces({ net })]
  expect(judged(list)).toEqual(list.map(({ ignoring, ...step }) =>
    ignoring === undefined ? step : { ...step, ignoring },
  ))
})

/** A message with something in place of its bytes from `at` on. */
function changed(message: Uint8Array, at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(message)
  bytes.forEach((byte, index) => copy.writeUInt8(byte, at + index))
  return copy
}

const up = linkUp('eth0')
const [end] = net.ends
const pair = Buffer.from(end ? makePair(end, 9) : up)
/** Where its IFLA_NET_NS_FD, 28, has its type; 19 would be IFLA_NET_NS_PID. */
const ofNamespace = pair.indexOf(Buffer.from([8, 0, 28, 0, 9])) + 2

describe('a list is refused that', () => {
  const hostile: Record<string, Written> = {
    "writes to the grader's socket": ['rtnetlink', 3, up],
    "puts a socket in the place of the grader's": ['netlink_socket', 3],
    'asks for an echo, which is not the answer': ['rtnetlink', 127, changed(up, 6, 13)],
    'sends a message of another kind': ['rtnetlink', 127, changed(up, 4, 36)],
    'says that a message is longer than it is': ['rtnetlink', 127, changed(up, 0, 255)],
    'gives a link to the namespace of a process': [
      ...(['rtnetlink', 127] as const), changed(pair, ofNamespace, 19)],
    'sends what are no bytes': ['rtnetlink', 127, 'text'],
    'opens the namespace of another process': ['open', '/proc/1/ns/net', ['O_RDONLY'], 0],
    'opens its namespace for writing': ['open', '/proc/self/ns/net', ['O_RDWR'], 0],
    'switches something on that was not asked for': [
      ...(['write', '/proc/sys/net/ipv4/conf/stepbox0/route_localnet', '1'] as const)],
    'switches it on for all interfaces': ['write', '/proc/sys/net/ipv4/ip_forward', '1'],
    'starts a program of the machine': ['spawn', 'nft', ['nft', '-f', '-'], [], ''],
    'holds a port': ['hold_port', '0.0.0.0', 80, 'SOCK_STREAM', 256],
    'opens a file of /etc of the host': ['open_tree_as', '/etc/hosts', ['OPEN_TREE_CLONE'], 128],
  }
  test.each(Object.entries(hostile))('%s', (_, call) => {
    expect(() => judged(listOf([call]))).toThrow(RefusedList)
  })
})

test('of two rules for a call it is enough that one allows it', () => {
  const no = () => ({ english: 'no', values: {} })
  const yes = () => undefined
  const rules = allRules([{ setsid: no, fork: no }, undefined, { setsid: yes, fork: no }])
  const asked = (name: 'setsid' | 'fork') => {
    const rule = rules[name]
    return typeof rule === 'function' ? rule([name] as never, given) : rule
  }
  expect([asked('setsid'), asked('fork')]).toEqual([undefined, no()])
})
