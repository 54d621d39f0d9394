/** Arguments to flags and words, by a table, with Docker's habits. */
import { UsageError, type Flag, type Typed } from '../command-line.ts'

/** A flag that is not in the table, without its dashes. */
export class UnknownFlag extends UsageError {
  readonly flag: string
  constructor(flag: string, message: string) {
    super(message)
    this.flag = flag
  }
}

/**
 * Parse `argv` by `flags`. `-it` is `-i -t`; `-m64m`, `-m 64m`, `--memory=64m` and `--memory 64m`
 * are the same. With `stopAtWord`, everything from the first word on is left alone (`run IMAGE sh
 * -c …`).
 */
export function parse(argv: string[], flags: Flag[], stopAtWord: boolean): Typed {
  const on = flags.filter(({ isOn }) => isOn).map(({ long }) => long)
  const typed: Typed = { switches: new Set(on), values: new Map(), words: [] }
  const rest = [...argv]
  while (rest.length > 0) {
    const arg = rest.shift() ?? ''
    if (arg === '--') {
      typed.isDashed = typed.words.length === 0
      typed.words.push(...rest)
      break
    }
    if (arg.startsWith('--')) longFlag(arg, rest, { flags, typed })
    else if (arg.startsWith('-') && arg !== '-') shortFlags(arg, rest, { flags, typed })
    else if (stopAtWord) {
      typed.words.push(arg, ...rest)
      break
    } else typed.words.push(arg)
  }
  return typed
}

/** The table, and what was found so far. */
interface Parsing {
  flags: Flag[]
  typed: Typed
}

function longFlag(arg: string, rest: string[], { flags, typed }: Parsing): void {
  const equals = arg.indexOf('=')
  const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals)
  const flag = flags.find(({ long }) => long === name)
  if (!flag) throw new UnknownFlag(name, `unknown flag: --${name}`)
  if (flag.value) return keep(flag, equals < 0 ? rest.shift() : arg.slice(equals + 1), typed)
  turn(flag, equals < 0 ? 'true' : arg.slice(equals + 1), typed)
}

/** A switch that is given as `--rm`, `--rm=true` or `-H=false`; the words are those of Go. */
function turn({ long }: Flag, given: string, { switches }: Typed): void {
  if (/^(1|t|T|true|TRUE|True)$/.test(given)) switches.add(long)
  else if (/^(0|f|F|false|FALSE|False)$/.test(given)) switches.delete(long)
  else throw new UsageError(`invalid value '${given}' for --${long}: true or false`)
}

function shortFlags(arg: string, rest: string[], { flags, typed }: Parsing): void {
  for (let at = 1; at < arg.length; at++) {
    const letter = arg.charAt(at)
    const flag = flags.find(({ short }) => short === letter)
    if (!flag) throw new UnknownFlag(letter, `unknown shorthand flag: '${letter}' in ${arg}`)
    if (flag.value) {
      const attached = arg.slice(at + 1).replace(/^=/, '')
      return keep(flag, attached === '' ? rest.shift() : attached, typed)
    }
    if (arg.charAt(at + 1) === '=') return turn(flag, arg.slice(at + 2), typed)
    typed.switches.add(flag.long)
  }
}

function keep(flag: Flag, value: string | undefined, typed: Typed): void {
  if (value === undefined) throw new UsageError(`flag needs an argument: --${flag.long}`)
  const earlier = flag.many ? (typed.values.get(flag.long) ?? []) : []
  typed.values.set(flag.long, [...earlier, value])
}
