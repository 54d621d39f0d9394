/** Tests. The native program waits for a go-ahead before each call. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { processIds } from '../runtime/01-namespaces/namespaces.ts'
import type { Call } from '../runtime/calls.ts'
import { bare, begin, statusOf, steps, until } from './carry-out.ts'
import { needs, scratch } from './scratch.ts'

describe('step by step', () => {
  test('every call waits for its go-ahead, on both sides of the fork', async (context) => {
    needs(context, 'root')
    const dir = scratch()
    const name = (at: number) => join(dir, String(at))
    const mkdir = (at: number): Call => ['mkdir', name(at), 0o755]
    const plan = [...steps(mkdir(0), ['fork'], mkdir(2), mkdir(3)), ...bare(['true']).slice(1)]
    const { launched, reported, reports } = begin(plan, { mode: 'step' })
    for (const index of [0, 1, 2, 3]) {
      expect(reports).toHaveLength(index)
      expect(existsSync(name(index))).toBe(false)
      launched.goAhead()
      await reported(index)
      expect(existsSync(name(index))).toBe(index !== 1)
    }
    launched.goAhead()
    expect(await launched.outcome).toEqual({ exitCode: 0 })
  })

  test('abandoned before any of its steps, nothing goes on', async (context) => {
    needs(context, 'root')
    const plan = [...processIds(), ...steps(['umask', 0o22]), ...bare(['sleep', '1000']).slice(1)]
    for (let done = 0; done < plan.length; done++) {
      const { launched, reported } = begin(plan, { mode: 'step' })
      for (let index = 0; index < done; index++) {
        launched.goAhead()
        await reported(index)
      }
      const child = done > 1 ? (await reported(1)).result : launched.pid
      launched.abandon()
      await launched.outcome
      await until(
        () => statusOf(child, 'Pid') === '',
        () => `the end of ${child}`,
      )
    }
  })
})
