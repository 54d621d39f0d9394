/** `--filter KEY=VALUE`: values of one key are alternatives, and every key must fit. */
import { UsageError } from '../command-line.ts'

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

/** Docker's patterns of names: `*` and `?` stand for anything but a slash. */
export function matching(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/[.+^${}()|\\]/g, '\\$&').replaceAll('*', '[^/]*')
  const whole = new RegExp(`^${source.replaceAll('?', '[^/]')}$`)
  return (name) => whole.test(name)
}
