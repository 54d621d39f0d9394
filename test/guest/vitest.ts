/**
 * Tests. The module that the tests' bundle imports as `vitest`: vitest's runner and its expect,
 * without the server, transformations and pool around them (bundle-tests.mjs says what that gains).
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

/** Split the arguments of a test into body and time limit, which come in either order. */
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
  /** The body gets the items of a case and no context. */
  each:
    (cases: unknown[]) =>
    (name: string, ...rest: ((() => unknown) | Limit)[]) => {
      const { body, options } = partsOf(rest, Infinity)
      runner.test.each(cases)(name, options, body as never)
    },
})

/** All time limits are multiplied by this. */
let patience = 1
let provided: Partial<ProvidedContext> = {}

/** Set what `inject` gives and the factor for time limits, before tests are loaded. */
export function provide(values: Partial<ProvidedContext>, times: number): void {
  provided = values
  patience = times
}

function inject<Name extends keyof ProvidedContext>(name: Name): ProvidedContext[Name] {
  return provided[name] as ProvidedContext[Name]
}

const RealDate = Date

const vi = {
  /** Fakes the date only. */
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
  /** Call `holds` every `interval` milliseconds until it no longer throws. */
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
