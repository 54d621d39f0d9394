/** The functions of templates: those of Go, and those that Docker adds. */
import { asJson } from '../../printable.ts'
import { isTrue, orNull, safe, shownAs, type Value } from './values.ts'

type TemplateFunction = (...values: Value[]) => Value

export const functions: Record<string, TemplateFunction> = {
  json: (value) => json(value),
  join: (list, by) => listOf(list).map((each) => text(each)).join(text(by)),
  split: (whole, by) => text(whole).split(text(by)),
  upper: (word) => text(word).toUpperCase(),
  lower: (word) => text(word).toLowerCase(),
  title: (words) => text(words).replace(/(?<![\p{L}\p{N}_'])\p{L}/gu, (each) => each.toUpperCase()),
  pad: (word, before, after) =>
    text(word) === '' ? '' : ' '.repeat(Number(before)) + text(word) + ' '.repeat(Number(after)),
  truncate: (word, most) => text(word).slice(0, Number(most)),
  len: (value) => lengthOf(value),
  index: (value, ...keys) => keys.reduce(at, value),
  slice: (value, from = 0, to = undefined) => sliceable(value).slice(Number(from), end(to)),
  not: (value) => !isTrue(value),
  eq: (first, ...others) => others.some((each) => isSame(first, each)),
  ne: (first, second) => !isSame(first, second),
  lt: (first, second) => compare(first, second) < 0,
  le: (first, second) => compare(first, second) <= 0,
  gt: (first, second) => compare(first, second) > 0,
  ge: (first, second) => compare(first, second) >= 0,
  print: (...values) => printed(values),
  println: (...values) => `${values.map((each) => text(each)).join(' ')}\n`,
  printf: (format, ...values) => formatted(text(format), values),
  html: (...values) => printed(values).replace(/[&<>"']/g, (each) => entities[each] ?? ''),
  urlquery: (...values) => encodeURIComponent(printed(values)).replaceAll('%20', '+'),
  call: (method, ...values) => called(method, values),
}

const entities: Record<string, string> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' },
}

/** Whether all of these, or one of these, is evaluated before the others: `and`, `or`. */
export const lazy: Record<string, (value: Value) => boolean> = {
  and: (value) => !isTrue(value),
  or: (value) => isTrue(value),
}

/** On one line. Methods have no value; what would steer a terminal is escaped. */
function json(value: Value): string {
  const data = orNull(value) ?? null
  const plain = typeof data === 'object' && data !== null && !Array.isArray(data)
  const fields = plain
    ? Object.fromEntries(Object.entries(data).filter(([, each]) => typeof each !== 'function'))
    : data
  return JSON.stringify(JSON.parse(asJson(fields))).replace(unseen, escaped)
}

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu
function escaped(character: string): string {
  const units = character.split('').map((unit) => unit.charCodeAt(0))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

function text(value: Value): string {
  return shownAs(value)
}

function listOf(value: Value): Value[] {
  if (Array.isArray(value)) return value.map(safe)
  if (value === null || value === undefined) return []
  throw new Error(`join needs a list, and this is ${text(value)}`)
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.length
  if (value === null || value === undefined) return 0
  if (typeof value === 'object') return Object.keys(value).length
  throw new Error(`len of ${text(value)}, which has none`)
}

/** An element of a list, a byte of a string, or what a map has for a key. */
function at(value: Value, key: Value): Value {
  if (Array.isArray(value) || typeof value === 'string') {
    const all = Array.isArray(value) ? value : [...Buffer.from(value)]
    if (typeof key === 'number' && key in all) return safe(all[key])
    throw new Error(`index out of range: ${text(key)}`)
  }
  if (value === null || value === undefined) return ''
  if (typeof value !== 'object') throw new Error(`cannot index ${text(value)}`)
  const found = Object.hasOwn(value, text(key)) ? (value as Record<string, Value>)[text(key)] : ''
  return safe(found)
}

function sliceable(value: Value): string | Value[] {
  if (typeof value === 'string' || Array.isArray(value)) return value
  throw new Error(`cannot slice ${text(value)}`)
}

function end(to: Value): number | undefined {
  return to === undefined ? undefined : Number(to)
}

function isSame(one: Value, other: Value): boolean {
  if (one === other) return true
  const isNothing = (value: Value) => value === null || value === undefined
  if (isNothing(one) || isNothing(other)) return isNothing(one) && isNothing(other)
  if (typeof one !== typeof other)
    throw new Error(`incompatible types for comparison: ${text(one)} and ${text(other)}`)
  return false
}

function compare(one: Value, other: Value): number {
  if (typeof one !== typeof other || (typeof one !== 'number' && typeof one !== 'string'))
    throw new Error(`incompatible types for comparison: ${text(one)} and ${text(other)}`)
  const [a, b] = [one, other as typeof one]
  return a < b ? -1 : a > b ? 1 : 0
}

/** As fmt.Sprint: a blank between two operands of which neither is a string. */
function printed(values: Value[]): string {
  return values
    .map((value, index) => {
      const before = values[index - 1]
      const isBlank = index > 0 && typeof value !== 'string' && typeof before !== 'string'
      return (isBlank ? ' ' : '') + text(value)
    })
    .join('')
}

/** The verbs that are used for tables: %s %v %d %q %x %t %f %%, with flags, width and precision. */
function formatted(format: string, values: Value[]): string {
  const left = [...values]
  const out = format.replace(/%[-+ 0#]*\d*(?:\.\d+)?[a-zA-Z%]/g, (all) => {
    const [, flags = '', width, precision, verb = ''] = verbs.exec(all) ?? []
    if (verb === '%') return '%'
    if (left.length === 0) return `%!${verb}(MISSING)`
    const word = oneAs(verb, left.shift(), precision)
    const isZero = flags.includes('0') && /^-?\d/.test(word)
    if (flags.includes('-')) return word.padEnd(Number(width))
    return word.padStart(Number(width), isZero ? '0' : ' ')
  })
  return left.length > 0 ? `${out}%!(EXTRA ${left.map((each) => text(each)).join(', ')})` : out
}

const verbs = /^%([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])$/

function oneAs(verb: string, value: Value, precision: string | undefined): string {
  if (verb === 'q') return JSON.stringify(text(value))
  if (verb === 'd' && typeof value !== 'number') return `%!d(${typeof value}=${text(value)})`
  if (verb === 'f' && typeof value === 'number') return value.toFixed(Number(precision ?? 6))
  if (verb === 'x') return typeof value === 'number' ? value.toString(16) : hex(text(value))
  return precision === undefined ? text(value) : text(value).slice(0, Number(precision))
}

function hex(word: string): string {
  return Buffer.from(word).toString('hex')
}

/** A method of the data with arguments, as in `.Label "a"`. */
export function called(method: Value, values: Value[]): Value {
  if (typeof method !== 'function') throw new Error(`${text(method)} takes no argument`)
  return safe((method as TemplateFunction)(...values))
}
