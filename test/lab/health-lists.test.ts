/** Tests. A learner's list with a check is judged by what the planner was given. */
import { expect, test } from 'vitest'
import { allows } from '../../chapters/07-exec/lab/allows.ts'
import type { Call } from '../../runtime/calls.ts'
import { checkedList } from '../../runtime/lab/check-list.ts'
import { RefusedList } from '../../runtime/lab/list-shape.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import { toolStep } from '../../runtime/step.ts'
import { box, given } from './hostile-lists.ts'
import { checkHealth } from '../../runtime/07-exec/health.ts'

const times = { intervalMs: 100, timeoutMs: 200, startPeriodMs: 0, startIntervalMs: 100 }
const health = { directory: box, ...times, retries: 3, command: 'true' }
const options = { health, monitor: {} } as PlanOptions

function judged(call: Call, asked: PlanOptions | undefined = options) {
  const sent: unknown = JSON.parse(JSON.stringify([toolStep(call, 'a test')]))
  return checkedList(sent, { ...given, ...(asked ? { options: asked } : {}) }, allows)
}

test("the reference's line is carried out", () => {
  const [step] = checkHealth(options)
  expect(step && judged(step.call)).toHaveLength(1)
})

test.for([
  ['in another directory', ['check_health', '/', [100, 200, 0, 100, 3], 'true']],
  ['without a pause', ['check_health', box, [0, 200, 0, 100, 3], 'true']],
  ['without patience', ['check_health', box, [100, 200, 0, 100, 0], 'true']],
  ['with a number too few', ['check_health', box, [100, 200, 0, 100], 'true']],
] as [string, Call][])('a check %s is refused', ([, call]) => {
  expect(() => judged(call)).toThrow(RefusedList)
})

test('a check that nobody asked for is refused', () => {
  const call: Call = ['check_health', box, [100, 200, 0, 100, 3], 'true']
  expect(() => judged(call, {} as PlanOptions)).toThrow(RefusedList)
})
