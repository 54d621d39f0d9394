/** Command line. Arguments to flags and words, by a table, with Docker's habits. */

export interface Flag {
  long: string
  short?: string
  /** What the value is called in the help; a flag without it is a switch. */
  value?: string
  /** May be given several times. */
  many?: boolean
  /** The chapter that brings it. */
  since?: number
  text: string
}

export interface Parsed {
  switches: Set<string>
  values: Map<string, string[]>
  words: string[]
  /** The words came after `--`. */
  isDashed?: boolean
}

/** A mistake in how the command was typed: exit code 125, with a pointer to the help. */
export class UsageError extends Error {}

/**
 * Parse `argv` by `flags`. `-it` is `-i -t`; `-m64m`, `-m 64m`, `--memory=64m` and `--memory 64m`
 * are the same. With `stopAtWord`, everything from the first word on is left alone (`run IMAGE sh
 * -c …`).
 */
export function parse(argv: string[], flags: Flag[], stopAtWord: boolean): Parsed {
  const parsed: Parsed = { switches: new Set(), values: new Map(), words: [] }
  const rest = [...argv]
  while (rest.length > 0) {
    const arg = rest.shift() ?? ''
    if (arg === '--') {
      parsed.isDashed = parsed.words.length === 0
      parsed.words.push(...rest)
      break
    }
    if (arg.startsWith('--')) longFlag(arg, rest, flags, parsed)
    else if (arg.startsWith('-') && arg !== '-') shortFlags(arg, rest, flags, parsed)
    else if (stopAtWord) {
      parsed.words.push(arg, ...rest)
      break
    } else parsed.words.push(arg)
  }
  return parsed
}

/** The last value given for `long`, as Docker takes it. */
export function valueOf(parsed: Parsed, long: string): string | undefined {
  return parsed.values.get(long)?.at(-1)
}

function longFlag(arg: string, rest: string[], flags: Flag[], parsed: Parsed): void {
  const equals = arg.indexOf('=')
  const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals)
  const flag = flags.find(({ long }) => long === name)
  if (!flag) throw new UsageError(`unknown flag: --${name}`)
  if (flag.value) return keep(flag, equals < 0 ? rest.shift() : arg.slice(equals + 1), parsed)
  const given = equals < 0 ? 'true' : arg.slice(equals + 1)
  if (given !== 'true' && given !== 'false')
    throw new UsageError(`invalid value '${given}' for --${name}: true or false`)
  if (given === 'true') parsed.switches.add(flag.long)
  else parsed.switches.delete(flag.long)
}

function shortFlags(arg: string, rest: string[], flags: Flag[], parsed: Parsed): void {
  for (let at = 1; at < arg.length; at++) {
    const flag = flags.find(({ short }) => short === arg[at])
    if (!flag) throw new UsageError(`unknown shorthand flag: '${arg[at]}' in ${arg}`)
    if (flag.value) {
      const attached = arg.slice(at + 1).replace(/^=/, '')
      return keep(flag, attached === '' ? rest.shift() : attached, parsed)
    }
    parsed.switches.add(flag.long)
  }
}

function keep(flag: Flag, value: string | undefined, parsed: Parsed): void {
  if (value === undefined) throw new UsageError(`flag needs an argument: --${flag.long}`)
  const earlier = flag.many ? (parsed.values.get(flag.long) ?? []) : []
  parsed.values.set(flag.long, [...earlier, value])
}
