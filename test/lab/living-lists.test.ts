/** Tests. A learner's list that lives on makes the calls that it was asked for, and no others. */
import { describe, expect, test } from 'vitest'
import { chapters } from '../../chapters/table.ts'
import { allows } from '../../chapters/06-lifecycle/lab/allows.ts'
import { planOptions, rowsUpTo } from '../../runtime/chapter.ts'
import type { Call } from '../../runtime/calls.ts'
import { checkedList } from '../../runtime/lab/check-list.ts'
import { RefusedList } from '../../runtime/lab/list-shape.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import { toolStep } from '../../runtime/step.ts'
import { rowOf } from '../rows.ts'
import { box, given } from './hostile-lists.ts'

const group = `${given.trees[0]}/${given.group}`
const told = {
  ...{ directory: box, mark: '/data/running/1', lock: '/data/settling' },
  restart: { name: 'on-failure', most: 3 } as const,
  ...{ groups: [group], settler: ['/node', 'stepbox.cjs', 'settle'], isAttended: false },
}
const log = { path: `${box}/log`, maxBytes: 1000, files: 2 }
const listening = { directory: box, closesInput: false, isAwaited: false }
const asked: Partial<PlanOptions> = { monitor: told, log, listening, hasInit: true }

function judged(calls: unknown[][], options: Partial<PlanOptions> = asked) {
  const list = calls.map((call) => toolStep(call as unknown as Call, 'a test'))
  return checkedList(list, { ...given, options: options as PlanOptions }, allows)
}

const numbers = [3, 100, 60_000, 10_000]
const { mark, lock, groups, settler } = told
const supervise = (...changed: unknown[]) => [
  'supervise',
  ...[box, mark, lock, 'RESTART_ON_FAILURE', numbers, groups, settler, 0].map(
    (each, at) => changed[at] ?? each,
  ),
]
const openLog = (...args: unknown[]) => [
  'open_log',
  ...[log.path, 1000, 2, ''].map((each, at) => args[at] ?? each),
]

test('the list of a container that lives on is carried out', async () => {
  const { number, plan } = await rowOf('lifecycle')
  const rows = await rowsUpTo(chapters, number)
  const options = planOptions(rows, { ...asked, dir: box, layers: ['init', 'lower0'] })
  const { name = '', cgroups } = options.group ?? {}
  const trees = cgroups?.hierarchies.map(({ mount }) => mount) ?? []
  const list = await plan(options)
  const sent: unknown = JSON.parse(JSON.stringify(list))
  const checked = checkedList(sent, { ...given, group: name, trees, options }, allows)
  expect(checked).toHaveLength(list.length)
  expect(list.map(({ call }) => call[0])).toEqual(
    expect.arrayContaining(['supervise', 'open_log', 'listen', 'init']),
  )
})

test('it may leave out groups, and wait longer', () => {
  const other = [supervise(...[undefined, undefined, undefined, undefined, [0, 10, 10, 10], []])]
  expect(judged(other)).toHaveLength(1)
})

describe('a list is refused, before any of it is made, that', () => {
  const none = undefined
  const hostile: Record<string, unknown[][]> = {
    'keeps its journal in another directory': [supervise('/etc')],
    'keeps its journal in a directory in that of the container': [supervise(`${box}/upper`)],
    'has a mark of its own': [supervise(none, '/etc/passwd')],
    'locks a file of its own': [supervise(none, none, '/etc/cron.d/x')],
    'ends in a program of its own': [supervise(none, none, none, none, none, none, ['/bin/sh'])],
    'gives the settler one argument more': [
      supervise(none, none, none, none, none, none, [...settler, '--root=/']),
    ],
    'clears another group': [supervise(none, none, none, none, none, [`${given.trees[0]}/docker`])],
    'clears the tree': [supervise(none, none, none, none, none, [given.trees[0]])],
    'starts again without a pause': [supervise(none, none, none, none, [0, 0, 0, 0])],
    'gives three numbers': [supervise(none, none, none, none, [0, 100, 100])],
    'gives text for numbers': [supervise(none, none, none, none, ['0', '100', '100', '100'])],
    'starts again by a flag of another call': [supervise(none, none, none, 'MS_BIND')],
    'becomes the monitor of monitors': Array.from({ length: 4 }, () => supervise()),
    'makes one process 1 after the other': Array.from({ length: 4 }, () => ['init']),
    'writes its log over a file': [openLog('/etc/passwd')],
    'writes its log through what the container made': [openLog(`${box}/upper/log`)],
    'writes its log into its journal': [openLog(`${box}/journal`)],
    'has a thousand logs': [openLog(none, 10, 1000)],
    'has no log at all': [openLog(none, 10, 0)],
    'listens in another directory': [['listen', '/run', 0, 0]],
    'waits for somebody who attaches': [['listen', box, 0, 1]],
    'attaches to another container': [['attach', box, 7, 100, 0]],
  }
  test.each(Object.entries(hostile))('%s', (_, calls) => {
    expect(() => judged(calls)).toThrow(RefusedList)
  })

  test('has a monitor, a log or a socket that nobody asked for', () => {
    for (const call of [supervise(), openLog(), ['listen', box, 0, 0]])
      expect(() => judged([call], {})).toThrow(RefusedList)
  })

  test('goes on if it has become no monitor', () => {
    const step = { ...toolStep(supervise() as unknown as Call, 'a test'), ignoring: 'ENOENT' }
    const options = asked as PlanOptions
    expect(() => checkedList([step], { ...given, options }, allows)).toThrow(/may not ignore/)
  })
})
