/** Tests. Health checks as they are asked for, and what they are on the list. */
import { describe, expect, test } from 'vitest'
import type { Healthcheck } from '../../runtime/07-exec/health-settings.ts'
import { askedHealth, checkCommand } from '../../runtime/07-exec/health-settings.ts'
import { checkHealth, healthCheckOf } from '../../runtime/07-exec/health.ts'
import type { Monitor } from '../../runtime/06-lifecycle/monitor.ts'
import { strace } from '../../runtime/strace.ts'

/** What is asked for by flags, written as `name=value`; those without a value are switches. */
function asked(flags: string, image: Healthcheck | undefined = undefined) {
  const words = flags.split(' ').filter((word) => word !== '')
  const parts = words.map((word) => word.split('='))
  const typed = {
    switches: new Set(parts.flatMap(([name = '', ...value]) => (value.length > 0 ? [] : [name]))),
    values: new Map(
      parts.flatMap(([name = '', value]): [string, string[]][] =>
        value === undefined ? [] : [[name, [value.replaceAll('_', ' ')]]],
      ),
    ),
    words: [],
  }
  return askedHealth(typed, image ? { Healthcheck: image } : {}).config?.Healthcheck
}

const fromImage: Healthcheck = { Test: ['CMD', 'echo'], Interval: 4e8, Retries: 5 }

describe('what is asked for', () => {
  const tables: [flags: string, image: Healthcheck | undefined, Healthcheck | undefined][] = [
    ['', undefined, undefined],
    ['health-cmd=', undefined, undefined],
    ['health-cmd=a_b', undefined, { Test: ['CMD-SHELL', 'a b'] }],
    ['health-cmd=a health-interval=0 health-retries=0', undefined, { Test: ['CMD-SHELL', 'a'] }],
    ['no-healthcheck', undefined, { Test: ['NONE'] }],
    ['', fromImage, fromImage],
    ['no-healthcheck', fromImage, { ...fromImage, Test: ['NONE'] }],
    ['health-retries=9', fromImage, { ...fromImage, Retries: 9 }],
    ['health-cmd=a', fromImage, { ...fromImage, Test: ['CMD-SHELL', 'a'] }],
  ]
  test.each(tables)('%s, of an image with %j', (flags, image, config) => {
    expect(asked(flags, image)).toEqual(config)
  })

  test('times are in nanoseconds', () => {
    const times = 'health-interval=1.5h health-timeout=1m30s health-start-period=100ms'
    expect(asked(`${times} health-start-interval=1ms`)).toEqual({
      ...{ Interval: 5_400e9, Timeout: 90e9, StartPeriod: 1e8, StartInterval: 1e6 },
    })
  })

  test.each([
    ['health-interval=5', "invalid value '5' for --health-interval: a time, as 30s or 1m30s"],
    ['health-interval=', "invalid value '' for --health-interval"],
    ['health-timeout=1x', "invalid value '1x' for --health-timeout"],
    ['health-timeout=99999999h', "invalid value '99999999h'"],
    ['health-interval=999us', "--health-interval cannot be less than 1ms: '999us'"],
    ['health-start-period=-1s', "--health-start-period cannot be negative: '-1s'"],
    ['health-retries=-1', "invalid value '-1' for --health-retries: a whole number from 0 on"],
    ['health-retries=x', "invalid value 'x' for --health-retries"],
    ['no-healthcheck health-cmd=a', 'contradict each other'],
    ['no-healthcheck health-retries=1', 'contradict each other'],
  ])('%s is refused', (flags, problem) => {
    expect(() => asked(flags)).toThrow(problem)
  })
})

describe('the command', () => {
  test.each<[Partial<Healthcheck>, string[] | undefined, string[]?]>([
    [{}, undefined],
    [{ Test: [] }, undefined],
    [{ Test: 5 as never }, undefined],
    [{ Test: ['CMD', 5 as never] }, undefined],
    [{ Test: ['NONE'] }, undefined],
    [{ Test: ['CMD', 'a', 'b c'] }, ['a', 'b c']],
    [{ Test: ['CMD-SHELL', 'a b'] }, ['/bin/sh', '-c', 'a b']],
    [{ Test: ['CMD-SHELL', 'a b'] }, ['bash', '-ec', 'a b'], ['bash', '-ec']],
  ])('of %j is %j', (Healthcheck, command, Shell) => {
    const check = Healthcheck as Healthcheck
    expect(checkCommand({ Healthcheck: check, ...(Shell ? { Shell } : {}) })).toEqual(command)
  })
})

describe('the line of the list', () => {
  const monitor = {} as Monitor
  const line = (Healthcheck: Healthcheck) => {
    const health = healthCheckOf({ Healthcheck }, '/c/1')
    return checkHealth({ monitor, ...(health ? { health } : {}) }).map(({ call }) => strace(call))
  }

  test("has Docker's interval, timeout and retries, in milliseconds", () => {
    expect(line({ Test: ['CMD', 'a', '"b"'] })).toEqual([
      'check_health("/c/1", [30000, 30000, 0, 30000, 3], "a \\\\\\"b\\\\\\"")',
    ])
  })

  test('has what was asked for; at first, too, the interval is the interval', () => {
    const Test = ['CMD-SHELL', 'x']
    const times = { Interval: 5e8, Timeout: 1e6, StartPeriod: 2e9, Retries: 1 }
    expect(line({ Test, ...times })).toEqual([
      'check_health("/c/1", [500, 1, 2000, 500, 1], "/bin/sh -c x")',
    ])
    expect(line({ Test, ...times, StartInterval: 1e9 })).toEqual([
      'check_health("/c/1", [500, 1, 2000, 1000, 1], "/bin/sh -c x")',
    ])
  })

  test('is not there without a check, or without a monitor', () => {
    expect(line({ Test: ['NONE'] })).toEqual([])
    const health = healthCheckOf({ Healthcheck: { Test: ['CMD', 'a'] } }, '/c/1')
    expect(health && checkHealth({ health })).toEqual([])
  })
})
