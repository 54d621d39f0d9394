/** What was typed: the command, its flags and words, the chapter and the data root. */
import { rowsUpTo, type ChapterEntry, type Runtime } from '../chapter.ts'
import { UsageError, valueOf, type CommandSpec, type Flag, type Typed } from '../command-line.ts'
import { parse, UnknownFlag } from './args.ts'
import { dataRoot } from './data-roots.ts'
import { globalFlags } from './global-flags.ts'
import { groups } from './groups.ts'
import { warn } from './output.ts'
import { commandsOf, usageIn } from './words.ts'

const helpFlag: Flag = { long: 'help', text: 'this help' }

/** A command line, as far as it is understood: what is known when an error comes is kept. */
export interface Line {
  chapters: ChapterEntry[]
  /** The flags before the command. */
  globals: Typed
  /** `container` in `container ls`. */
  group?: string
  command?: CommandSpec
  typed?: Typed
  runtime?: Runtime
  /** With `--lab`: the workspace's directory, and the number of its chapter. */
  lab?: { dir: string; number: number }
}

/** Take `argv` apart up to the command: what follows is in `globals.words`. */
export function beginLine(argv: string[], chapters: ChapterEntry[]): Line {
  const isAlone = argv.length === 1 && argv[0] === '-h'
  return { chapters, globals: parse(isAlone ? ['--help'] : argv, globalFlags, true) }
}

/** Fill in `line` for the command `name` and what follows it. Throws UsageError. */
export async function understand(line: Line, name: string, rest: string[]): Promise<void> {
  const { globals } = line
  const isGroup = Object.hasOwn(groups, name)
  if (isGroup) line.group = name
  if (name !== 'lab') await enterLab(line)
  const { chapters } = line
  const number = numberOf(globals, chapters, line.lab?.number)
  const rows = await rowsUpTo(chapters, number)
  const second = isGroup ? secondOf(name, rest) : undefined
  const words = second === undefined ? [name] : [name, second]
  const command = await commandNamed(words, { rows, chapters })
  line.command = command
  const typed = await parsed(command, second ? rest.slice(1) : rest, { rows, chapters })
  const given = { ...globals, values: new Map([...globals.values, ...typed.values]) }
  const late = ['chapter', 'lab'].filter((long) => valueOf(given, long) !== valueOf(globals, long))
  if (late.length > 0) {
    // `--chapter` or `--lab` came after the command, which may have other flags there.
    for (const long of late) globals.values.set(long, [valueOf(given, long) ?? ''])
    return understand(line, name, rest)
  }
  line.typed = name === 'lab' ? { ...typed, values: given.values } : typed
  line.runtime = { root: dataRoot(given), rows, chapters, warn }
}

/** The second word of a group; the empty one where the group is the command: `lab --lang zh`. */
function secondOf(group: string, [second]: string[]): string | undefined {
  const isAlone = second === undefined || second.startsWith('-')
  return isAlone && hasOwnCommand(group) ? '' : second
}

/** Whether a group is a command too, when nothing follows. */
export function hasOwnCommand(group: string): boolean {
  return Object.hasOwn(groups[group] ?? {}, '')
}

/** With `--lab DIR`, or STEPBOX_LAB: the chapters with the lists of that workspace. */
async function enterLab(line: Line): Promise<void> {
  const dir = valueOf(line.globals, 'lab') ?? (process.env['STEPBOX_LAB'] || undefined)
  if (dir === undefined || line.lab?.dir === dir) return
  const { learnersChapters } = await import('./lab/learners-chapters.ts')
  const { number, chapters } = learnersChapters(dir, line.chapters, () => line.runtime?.root ?? '')
  Object.assign(line, { chapters, lab: { dir, number } })
}

async function parsed(
  { name, flags, stopAtWord = false }: CommandSpec,
  rest: string[],
  known: Pick<Runtime, 'rows' | 'chapters'>,
): Promise<Typed> {
  const all = [...flags, ...globalFlags.filter(({ value }) => value), helpFlag]
  const isAlone = rest.length === 1 && rest[0] === '-h'
  try {
    return parse(isAlone ? ['--help'] : rest, all, stopAtWord)
  } catch (error) {
    if (!(error instanceof UnknownFlag)) throw error
    const { unknownFlag } = await import('./unknown.ts')
    throw await unknownFlag(error, name, known)
  }
}

/** The number of the chapter that the program is to stand at: `last`, unless it is named. */
export function numberOf(
  globals: Typed,
  chapters: ChapterEntry[],
  last = chapters.at(-1)?.number ?? 0,
): number {
  const given = valueOf(globals, 'chapter') ?? (process.env['STEPBOX_CHAPTER'] || undefined)
  const isNamed = ({ number, slug }: ChapterEntry) =>
    number <= last && (given === `${number}` || given === slug)
  const found = given === undefined ? last : chapters.find(isNamed)?.number
  if (found !== undefined) return found
  throw new UsageError(`no chapter '${given}'; have: 1 to ${last}`)
}

/** The command that one word means, or two: `ps`, `container ls`. */
export async function commandNamed(
  words: string[],
  known: Pick<Runtime, 'rows' | 'chapters'>,
): Promise<CommandSpec> {
  const [first = '', second = ''] = words
  const group = words.length > 1 && Object.hasOwn(groups, first) ? groups[first] : undefined
  const name = group && Object.hasOwn(group, second) ? group[second] : words.join(' ')
  const found = commandsOf(known.rows).find((command) => command.name === name)
  if (found) return found
  const { unknownCommand } = await import('./unknown.ts')
  throw await unknownCommand(words, known)
}

/** Throws UsageError if there are too many or too few words, or `--format` is none. */
export async function check({ command, typed, runtime }: Required<Line>): Promise<void> {
  const { words, usage, flags } = command
  const format = valueOf(typed, 'format')
  const values = flags.find(({ long }) => long === 'format')?.value
  if (format !== undefined && format !== 'json' && format !== 'table') {
    if (values === 'json') throw new UsageError(`invalid --format '${format}': only json`)
    if (!format.includes('{{'))
      throw new UsageError(`invalid --format '${format}': json, or a template such as '{{json .}}'`)
    const { parseFormat } = await import('./template/format.ts')
    parseFormat(format, false)
  }
  const shown = `usage: stepbox ${usageIn(runtime.rows, usage)}`
  const [least, most] = words
  if (typed.words.length < least) throw new UsageError(`too few arguments; ${shown}`)
  if (typed.words.length > most) throw new UsageError(`too many arguments; ${shown}`)
}
