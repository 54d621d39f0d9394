/**
 * Tests. What stands for `vitest` in the tests' bundle: its own runner and its own expect, without
 * the server, the transformations and the pool around them, which are too heavy for a small guest.
 */
import { setTimeout } from 'node:timers/promises'
import * as runner from '@vitest/runner'
import * as expecting from '@vitest/expect'
import type { ProvidedContext, TestContext } from 'vitest'

const { chai } = expecting
chai.use(expecting.JestExtend)
chai.use(expecting.JestChaiExpect)
chai.use(expecting.JestAsymmetricMatchers)
const globals = globalThis as unknown as Record<symbol, object>

const expect: unknown = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message),
  chai.expect,
  globals[expecting.ASYMMETRIC_MATCHERS_OBJECT],
)
globals[expecting.GLOBAL_EXPECT] = expect as object
const state = { assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }
expecting.setState(state as never, expect as never)

type Body = (context: TestContext) => unknown
type BodyOf = (item: unknown, context: TestContext) => unknown

type Limit = number | { timeout?: number }

function single(name: string, ...rest: (Body | Limit)[]): void {
  const { body, options } = partsOf(rest, 0)
  runner.test(name, options, body as never)
}

/** The body of a test and its time limit, which may come before or after it. */
function partsOf(rest: (((...args: never[]) => unknown) | Limit)[], given: number) {
  const body = rest.find((part) => typeof part === 'function')
  const limit = rest.find((part) => typeof part !== 'function')
  const timeout = typeof limit === 'object' ? limit.timeout : limit
  const meta = { asks: body !== undefined && body.length > given }
  return { body, options: { meta, ...(timeout ? { timeout: timeout * patience } : {}) } }
}

const test = Object.assign(single, {
  for:
    (cases: unknown[]) =>
    (name: string, ...rest: (BodyOf | Limit)[]) => {
      const { body, options } = partsOf(rest, 1)
      runner.test.for(cases)(name, options, body as never)
    },
  /** Its body gets the items of a case, and no context. */
  each:
    (cases: unknown[]) =>
    (name: string, ...rest: ((() => unknown) | Limit)[]) => {
      const { body, options } = partsOf(rest, Infinity)
      runner.test.each(cases)(name, options, body as never)
    },
})

/** Timeouts are made for an ordinary machine; an emulated one gets so many times as long. */
let patience = 1
let provided: Partial<ProvidedContext> = {}

/** For the worker, before it loads tests: what `inject` gives, and how slow the machine is. */
export function provide(values: Partial<ProvidedContext>, times: number): void {
  provided = values
  patience = times
}

function inject<Name extends keyof ProvidedContext>(name: Name): ProvidedContext[Name] {
  return provided[name] as ProvidedContext[Name]
}

const RealDate = Date

const vi = {
  /** Of all that can be faked, the date. */
  useFakeTimers({ now }: { toFake: ['Date']; now: number }): void {
    const ahead = now - RealDate.now()
    globalThis.Date = class extends RealDate {
      static override now(): number {
        return RealDate.now() + ahead
      }
    } as DateConstructor
  },
  useRealTimers(): void {
    globalThis.Date = RealDate
  },
  /** Look again and again, every `interval` milliseconds, until `holds` throws no more. */
  async waitFor<T>(holds: () => T, { interval = 50, timeout = 1000 } = {}): Promise<T> {
    const end = Date.now() + timeout * patience
    for (;;) {
      try {
        return await holds()
      } catch (error) {
        if (Date.now() > end) throw error
      }
      await setTimeout(interval)
    }
  },
}

/** What the tests' bundle imports from `vitest`. */
export const vitest = {
  describe: runner.describe,
  test,
  it: test,
  expect,
  beforeAll: runner.beforeAll,
  afterAll: runner.afterAll,
  beforeEach: runner.beforeEach,
  afterEach: runner.afterEach,
  onTestFinished: runner.onTestFinished,
  inject,
  vi,
}
