/** The HEALTHCHECK of a Dockerfile, as Docker keeps it in an image's config. */
import type { ContainerConfig } from './store/oci.ts'

type Healthcheck = NonNullable<ContainerConfig['Healthcheck']>

const durations = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
} as const

/**
 * `NONE`, or `[--interval=5s --timeout=… --start-period=… --retries=3] CMD` and a command: a list,
 * or a line for the shell. `listIn` gives the list in a text, if it is one.
 */
export function healthcheckOf(
  text: string,
  listIn: (text: string) => string[] | undefined,
): Healthcheck {
  const check: Healthcheck = { Test: [] }
  let rest = text
  for (let flag = flagIn(rest); flag; flag = flagIn(rest)) {
    const [all, name = '', value = ''] = flag
    if (Object.hasOwn(durations, name))
      check[durations[name as keyof typeof durations]] = nanoseconds(value, name)
    else if (name === 'retries') check.Retries = retries(value)
    else throw new Error(`--${name} is not one of --interval, --timeout, ${others}`)
    rest = rest.slice(all.length)
  }
  const [, kind = '', command = ''] = /^(\S*)\s*(.*)$/s.exec(rest) ?? []
  if (/^none$/i.test(kind) && command === '') return { ...check, Test: ['NONE'] }
  if (!/^cmd$/i.test(kind) || command === '')
    throw new Error('HEALTHCHECK takes NONE, or CMD and a command')
  const list = listIn(command)
  return { ...check, Test: list ? ['CMD', ...list] : ['CMD-SHELL', command] }
}

const others = '--start-period, --start-interval, --retries'

function flagIn(text: string) {
  return /^--([^\s=]+)(?:=(\S*))?\s*/.exec(text)
}

function retries(value: string): number {
  if (/^\d{1,9}$/.test(value) && Number(value) >= 1) return Number(value)
  throw new Error(`--retries=${value} is not a number from 1 on`)
}

function nanoseconds(text: string, name: string): number {
  const time = durationIn(text)
  if (time === undefined) throw new Error(`--${name}=${text} is not a time: write 30s or 1m30s`)
  if (time < 1e6) throw new Error(`--${name}=${text} is less than a millisecond`)
  return time
}

/** A time such as 1m30s, -1.5h or 0, as Go writes it, in nanoseconds; undefined if it is none. */
export function durationIn(text: string): number | undefined {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? []
  if (rest === '0') return 0
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|ms|s|m|h)/g
  const parts = [...rest.matchAll(part)]
  const sum = parts.reduce((total, [, n, unit = '']) => total + Number(n) * (units[unit] ?? 0), 0)
  const isAll = parts.map(([each]) => each).join('') === rest && rest !== ''
  if (!isAll || sum > mostNanoseconds) return undefined
  return Math.round(sign === '-' ? -sum : sum)
}

/** What an int64 holds: 292 years. */
const mostNanoseconds = 2 ** 63

const units: Record<string, number> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}
