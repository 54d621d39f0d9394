/** Command line. `stepbox [--root DIR] [--chapter N] COMMAND …`: finds the command, runs it. */
import { readFileSync } from 'node:fs'
import { argvFrom } from '../bytes.ts'
import type { Chapter } from '../container/run.ts'
import { parse, UsageError, valueOf, type Flag, type Parsed } from './args.ts'
import { commands, usageIn, type CommandSpec } from './commands.ts'

/** What a command gets to work on. */
export interface Input extends Parsed {
  /** The data root. */
  root: string
  chapter: Chapter
  chapters: Chapter[]
}

const globalFlags: Flag[] = [
  { long: 'root', value: 'DIR', text: 'where images and containers are kept' },
  { long: 'chapter', value: 'N', text: 'the program as it stood at the end of chapter N' },
  { long: 'help', text: 'this help' },
  { long: 'version', text: 'the version' },
]
const helpFlag: Flag = { long: 'help', text: 'this help' }

/** Run one command line. Gives the exit code; prints errors, never throws them. */
export async function main(chapters: Chapter[]): Promise<number> {
  let command: CommandSpec | undefined
  try {
    const argv = argvFrom(ownCommandLine(), process.argv.slice(2))
    const globals = parse(argv, globalFlags, true)
    const [name, ...rest] = globals.words
    if (globals.switches.has('version')) return await version()
    if (name === undefined || name === 'help' || globals.switches.has('help'))
      return await help(
        name === 'help' ? rest[0] : name,
        chapterOf(globals, chapters),
        name === undefined,
      )
    command = commandNamed(name, chapterOf({ ...globals, values: new Map() }, chapters))
    const flags = [...command.flags, ...globalFlags.filter(({ value }) => value), helpFlag]
    const parsed = parse(rest, flags, command.stopAtWord ?? false)
    const given = { ...globals, values: new Map([...globals.values, ...parsed.values]) }
    const chapter = chapterOf(given, chapters)
    command = commandNamed(name, chapter)
    if (parsed.switches.has('help')) return await help(name, chapter, false)
    check(command, parsed, chapter)
    const execute = await command.load()
    return await execute({ ...parsed, root: dataRoot(given), chapter, chapters })
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
  const isOwn = !command || command.stopAtWord || error instanceof UsageError
  return isOwn ? 125 : 1
}

function chapterOf(globals: Parsed, chapters: Chapter[]): Chapter {
  const given = valueOf(globals, 'chapter')
  const found =
    given === undefined ? chapters.at(-1) : chapters.find((c) => `${c.number}` === given)
  if (found) return found
  throw new UsageError(`no chapter '${given}'; have: 1 to ${chapters.length}`)
}

function commandNamed(name: string, chapter: Chapter): CommandSpec {
  const found = commands.find((command) => command.name === name)
  const known = commands.filter(({ since }) => since <= chapter.number)
  if (!found)
    throw new UsageError(`no command '${name}'; have: ${known.map((each) => each.name).join(', ')}`)
  if (found.since > chapter.number)
    throw new UsageError(
      `'${name}' comes in chapter ${found.since}; this is chapter ${chapter.number}`,
    )
  return found
}

function check({ flags, words, usage }: CommandSpec, parsed: Parsed, chapter: Chapter): void {
  for (const { long, since = 1 } of flags) {
    const isGiven = parsed.switches.has(long) || parsed.values.has(long)
    if (isGiven && since > chapter.number)
      throw new UsageError(`--${long} comes in chapter ${since}; this is chapter ${chapter.number}`)
  }
  const json = valueOf(parsed, 'format')
  if (json !== undefined && json !== 'json')
    throw new UsageError(`invalid --format '${json}': only json`)
  const [least, most] = words
  const shown = `usage: stepbox ${usageIn(chapter.number, usage)}`
  if (parsed.words.length < least) throw new UsageError(`too few arguments; ${shown}`)
  if (parsed.words.length > most) throw new UsageError(`too many arguments; ${shown}`)
}

/**
 * `--root`, else STEPBOX_ROOT, else /var/lib/stepbox for root and the user's data directory for
 * others.
 */
function dataRoot(globals: Parsed): string {
  const given = valueOf(globals, 'root') ?? process.env.STEPBOX_ROOT
  if (given === '') throw new UsageError('the data root is empty; give a directory to --root')
  if (given !== undefined) return given.startsWith('/') ? given : `${process.cwd()}/${given}`
  if (process.getuid?.() === 0) return '/var/lib/stepbox'
  const home = process.env.HOME ?? '/tmp'
  return `${process.env.XDG_DATA_HOME ?? `${home}/.local/share`}/stepbox`
}

function ownCommandLine(): Uint8Array {
  try {
    return readFileSync('/proc/self/cmdline')
  } catch {
    return new Uint8Array() // ignoring: not on Linux, where process.argv has to do
  }
}

async function help(name: string | undefined, chapter: Chapter, isUsage: boolean): Promise<number> {
  const { helpText } = await import('./help.ts')
  const command = name === undefined ? undefined : commandNamed(name, chapter)
  const text = helpText(command, chapter, globalFlags)
  if (isUsage) process.stderr.write(text)
  else process.stdout.write(text)
  return isUsage ? 125 : 0
}

async function version(): Promise<number> {
  const { versionText } = await import('./help.ts')
  process.stdout.write(versionText())
  return 0
}
