/** Tests. What is fuzzed: a parser of foreign bytes, and what must hold for every input. */
import type { Random } from '../power/random.ts'

export interface Target {
  name: string
  /** Start what it needs, before anything else is asked of it. */
  open?: () => void
  /** Good inputs, made by the project's own writers; all others are made of these. */
  seeds: () => Buffer[]
  /** Words of the format, to be put anywhere. */
  words?: string[]
  /** Mutate an input without breaking what holds it together, such as a checksum. */
  reshape?: (bytes: Buffer, random: Random) => Buffer
  /**
   * Parse `bytes` and check what comes out. Gives a short word for it, such as how much was read:
   * an input with a new word is worth mutating further. Throws Broken if a rule does not hold, and
   * what the parser throws.
   */
  check: (bytes: Buffer) => string | Promise<string>
  /** The classes of errors with which the parser may refuse, beside Error. */
  refusals?: readonly (new (...args: never[]) => Error)[]
  /** Stop what was started. Gives what was found out only then. */
  close?: () => Promise<string | undefined>
}

/** A rule that does not hold. */
export class Broken extends Error {}

/** Throws Broken unless `holds`. */
export function rule(holds: boolean, what: string): void {
  if (!holds) throw new Broken(what)
}

/** Throws Broken unless both are the same, as `inspect` in JSON shows them. */
export function same(found: unknown, wanted: unknown, what: string): void {
  const [a, b] = [found, wanted].map((value) => JSON.stringify(value, asText) ?? '')
  rule(a === b, `${what}: ${a?.slice(0, 300)} and ${b?.slice(0, 300)}`)
}

function asText(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}

/** The most that an error may say: three lines, and a name of ordinary length in each. */
const most = { lines: 4, characters: 1500 }

/**
 * What is wrong with the error that a parser refused its input with: undefined if it is one of the
 * project's errors, with a message for people, and not a mistake of the program.
 */
export function mistakeIn(error: unknown, { refusals = [] }: Target): string | undefined {
  if (error instanceof Broken) return error.message
  if (!(error instanceof Error)) return `it threw ${String(error)}`
  const isOurs = [Error, ...refusals].some((each) => error.constructor === each)
  if (!isOurs) return `it threw a ${error.constructor.name}: ${error.stack ?? error.message}`
  const { message } = error
  if (message.length > most.characters) return `a message of ${message.length} characters`
  if (message.split('\n').length > most.lines) return `a message of many lines: ${message}`
  return undefined
}
