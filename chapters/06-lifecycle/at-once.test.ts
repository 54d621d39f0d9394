/** Tests: two commands on one container at the same moment, in all pairs. */
import { expect, test } from 'vitest'
import { commandsOfLife } from '../../test/at-once/life.ts'
import { inPairs, pairsOf } from '../../test/at-once/pairs.ts'

for (const state of ['created', 'running'])
  test(`of a container that is ${state}, none is lost and none hangs`, async (context) => {
    const how = { isRunning: state === 'running', chapter: 6 }
    expect(await inPairs(context, pairsOf(commandsOfLife), how)).toEqual([])
  }, 120_000)
