/** `--filter KEY=VALUE`: values of one key are alternatives, and every key must fit. */
import { UsageError } from './command-line.ts'

/** For each key that a command knows: makes a test of one value. Throws if the value is none. */
export type Filters<T> = Record<string, (value: string) => (item: T) => boolean>

/** Whether an item passes all of `given`. Throws UsageError for a key or form that is not known. */
export function passing<T>(given: string[], known: Filters<T>): (item: T) => boolean {
  const tests = new Map<string, ((item: T) => boolean)[]>()
  for (const text of given) {
    const [, key = '', value] = /^([^=]*)=(.*)$/s.exec(text) ?? [undefined, text]
    const keys = Object.keys(known).sort()
    const make = Object.hasOwn(known, key) ? known[key] : undefined
    if (value === undefined || !make)
      throw new UsageError(`invalid --filter '${text}': KEY=VALUE with ${keys.join(', ')}`)
    tests.set(key, [...(tests.get(key) ?? []), make(value)])
  }
  return (item) => [...tests.values()].every((each) => each.some((test) => test(item)))
}

/** A filter by label: `KEY` or `KEY=VALUE`. */
export function labelled(
  value: string,
): (labels: Record<string, string> | null | undefined) => boolean {
  const [key = '', ...rest] = value.split('=')
  return (labels) => {
    if (!labels || !Object.hasOwn(labels, key)) return false
    return rest.length === 0 || labels[key] === rest.join('=')
  }
}

/** What is older than a time, or has a label, or has it not: for what is removed by the dozen. */
export function removableFilters<T extends { created: string }>(
  labelsOf: (item: T) => Record<string, string> | null | undefined,
): Filters<T> {
  return {
    label: (value) => {
      const has = labelled(value)
      return (item) => has(labelsOf(item))
    },
    'label!': (value) => {
      const has = labelled(value)
      return (item) => !has(labelsOf(item))
    },
    until: (value) => {
      const before = timeOf(value)
      return ({ created }) => Date.parse(created) < before
    },
  }
}

const unitsMs: Record<string, number> = { s: 1e3, m: 6e4, h: 3.6e6 }

/** `1h30m`, counted back from now; a date; or seconds since 1970. */
function timeOf(value: string): number {
  const parts = value.match(/\d+(?:\.\d+)?[smh]/g) ?? []
  if (value !== '' && parts.join('') === value)
    return Date.now() - parts.reduce((sum, part) => sum + msOf(part), 0)
  const time = /^\d{1,11}$/.test(value) ? Number(value) * 1000 : Date.parse(value)
  if (!Number.isNaN(time)) return time
  throw new UsageError(`invalid --filter 'until=${value}': a duration such as 1h30m, or a date`)
}

function msOf(part: string): number {
  return parseFloat(part) * (unitsMs[part.slice(-1)] ?? 0)
}

/** Docker's patterns of names: `*` and `?` stand for anything but a slash. */
export function matching(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '[^/]*')
  const whole = new RegExp(`^${source.replaceAll('?', '[^/]')}$`)
  return (name) => whole.test(name)
}
