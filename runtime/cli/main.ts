/** `stepbox [--root DIR] [--chapter N] COMMAND …`: find a command, run it, print its answer. */
import { readFileSync } from 'node:fs'
import { argvFrom } from '../bytes.ts'
import { rowsUpTo, type Chapter, type ChapterEntry, type Runtime } from '../chapter.ts'
import { UsageError, valueOf, type CommandSpec, type Flag, type Typed } from '../command-line.ts'
import { parse, UnknownFlag } from './args.ts'
import { printable, printAnswer } from './print.ts'
import { commandsOf, usageIn } from './words.ts'

const globalFlags: Flag[] = [
  { long: 'root', value: 'DIR', text: 'where images and containers are kept' },
  { long: 'chapter', value: 'N', text: 'the program as it stood at the end of chapter N' },
  { long: 'help', text: 'this help' },
  { long: 'version', text: 'the version' },
]
const helpFlag: Flag = { long: 'help', text: 'this help' }

/** A command line that was understood. */
interface Understood {
  command: CommandSpec
  typed: Typed
  runtime: Runtime
}

/** Run one command line. Gives the exit code; prints errors, never throws them. */
export async function main(chapters: ChapterEntry[]): Promise<number> {
  let command: CommandSpec | undefined
  try {
    const argv = argvFrom(ownCommandLine(), process.argv.slice(2))
    const globals = parse(argv, globalFlags, true)
    const [name, ...rest] = globals.words
    if (globals.switches.has('version')) return await version()
    const asksForHelp = name === undefined || name === 'help' || globals.switches.has('help')
    if (asksForHelp) {
      const rows = await rowsUpTo(chapters, numberOf(globals, chapters))
      const topic = name === 'help' ? rest[0] : name
      command = topic === undefined ? undefined : await commandNamed(topic, { rows, chapters })
      return await help(command, rows, name === undefined)
    }
    const found = (named: CommandSpec) => void (command = named)
    const understood = await understand(name, rest, { globals, chapters, found })
    const { typed, runtime } = understood
    command = understood.command
    if (typed.switches.has('help')) return await help(command, runtime.rows, false)
    check(command, typed, runtime.rows)
    const execute = await command.load()
    const chapter = runtime.rows.at(-1) as Chapter
    const answer = await execute({
      ...typed,
      runtime,
      chapter,
      print: (text) => void process.stdout.write(`${printable(text)}\n`),
      progress: (text) => void import('./progress.ts').then((m) => m.progressLine()(text)),
      warn: (text) => void process.stderr.write(`stepbox: ${text}\n`),
    })
    return typeof answer === 'number' ? answer : printAnswer(answer, typed)
  } catch (error) {
    return fail(error, command)
  }
}

/** One line, or the lines of an explanation; never a stack. */
function fail(error: unknown, command: CommandSpec | undefined): number {
  const text = error instanceof Error ? error.message : String(error)
  const where = command ? `stepbox ${command.name} --help` : 'stepbox --help'
  const hint = error instanceof UsageError ? `\nSee '${where}'.` : ''
  process.stderr.write(`stepbox: ${text}${hint}\n`)
  const isOurs = !command || command.stopAtWord || error instanceof UsageError
  return isOurs ? 125 : 1
}

interface Known {
  globals: Typed
  chapters: ChapterEntry[]
  /** Called with the command, before its flags are read: errors of these point to its help. */
  found: (command: CommandSpec) => void
}

/** `--chapter` and `--root` may also come after the name of the command, and count then. */
async function understand(
  name: string,
  rest: string[],
  { globals, chapters, found }: Known,
): Promise<Understood> {
  const number = numberOf(globals, chapters)
  const rows = await rowsUpTo(chapters, number)
  const command = await commandNamed(name, { rows, chapters })
  found(command)
  const typed = await parsed(command, rest, { rows, chapters })
  const values = new Map([...globals.values, ...typed.values])
  const given = { ...globals, values }
  if (numberOf(given, chapters) !== number) {
    const chapter = new Map([['chapter', [`${numberOf(given, chapters)}`]]])
    const again = { ...globals, values: new Map([...globals.values, ...chapter]) }
    return understand(name, rest, { globals: again, chapters, found })
  }
  return { command, typed, runtime: { root: dataRoot(given), rows, chapters } }
}

async function parsed(
  { name, flags, stopAtWord = false }: CommandSpec,
  rest: string[],
  known: Pick<Runtime, 'rows' | 'chapters'>,
): Promise<Typed> {
  const all = [...flags, ...globalFlags.filter(({ value }) => value), helpFlag]
  try {
    return parse(rest, all, stopAtWord)
  } catch (error) {
    if (!(error instanceof UnknownFlag)) throw error
    const { unknownFlag } = await import('./unknown.ts')
    throw await unknownFlag(error, name, known)
  }
}

/** The number of the chapter that the program is to stand at: the last one, unless it is named. */
function numberOf(globals: Typed, chapters: ChapterEntry[]): number {
  const given = valueOf(globals, 'chapter') ?? (process.env['STEPBOX_CHAPTER'] || undefined)
  const last = chapters.at(-1)?.number ?? 0
  const isNamed = ({ number, slug }: ChapterEntry) => given === `${number}` || given === slug
  const found = given === undefined ? last : chapters.find(isNamed)?.number
  if (found !== undefined) return found
  throw new UsageError(`no chapter '${given}'; have: 1 to ${last}`)
}

async function commandNamed(
  name: string,
  known: Pick<Runtime, 'rows' | 'chapters'>,
): Promise<CommandSpec> {
  const found = commandsOf(known.rows).find((command) => command.name === name)
  if (found) return found
  const { unknownCommand } = await import('./unknown.ts')
  throw await unknownCommand(name, known)
}

function check({ words: [least, most], usage }: CommandSpec, typed: Typed, rows: Chapter[]): void {
  const format = valueOf(typed, 'format')
  if (format !== undefined && format !== 'json')
    throw new UsageError(`invalid --format '${format}': only json`)
  const shown = `usage: stepbox ${usageIn(rows, usage)}`
  if (typed.words.length < least) throw new UsageError(`too few arguments; ${shown}`)
  if (typed.words.length > most) throw new UsageError(`too many arguments; ${shown}`)
}

/**
 * `--root`, else STEPBOX_ROOT, else /var/lib/stepbox for root and the user's data directory for
 * others.
 */
function dataRoot(globals: Typed): string {
  const given = valueOf(globals, 'root') ?? process.env['STEPBOX_ROOT']
  if (given === '') throw new UsageError('the data root is empty; give a directory to --root')
  if (given !== undefined) return given.startsWith('/') ? given : `${process.cwd()}/${given}`
  if (process.getuid?.() === 0) return '/var/lib/stepbox'
  const home = process.env['HOME'] || '/tmp'
  return `${process.env['XDG_DATA_HOME'] || `${home}/.local/share`}/stepbox`
}

function ownCommandLine(): Uint8Array {
  try {
    return readFileSync('/proc/self/cmdline')
  } catch {
    return new Uint8Array() // ignoring: not on Linux, where process.argv has to do
  }
}

async function help(
  command: CommandSpec | undefined,
  rows: Chapter[],
  isUsage: boolean,
): Promise<number> {
  const { helpText } = await import('./help.ts')
  const text = helpText(command, rows, globalFlags)
  if (isUsage) process.stderr.write(text)
  else process.stdout.write(text)
  return isUsage ? 125 : 0
}

async function version(): Promise<number> {
  const { versionText } = await import('./help.ts')
  process.stdout.write(versionText())
  return 0
}
