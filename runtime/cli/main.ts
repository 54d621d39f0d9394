/** `stepbox [--root DIR] [--chapter N] COMMAND …`: find a command, run it, print its answer. */
import { readFileSync } from 'node:fs'
import { argvFrom } from '../bytes.ts'
import { rowsUpTo, type Chapter, type ChapterEntry, type Runtime } from '../chapter.ts'
import { UsageError, valueOf } from '../command-line.ts'
import type { Answer, CommandSpec, Explain, Input } from '../command-line.ts'
import { errnoIn } from '../files.ts'
import { Missing } from '../missing.ts'
import { globalFlags } from './global-flags.ts'
import { exitCodes, groups } from './groups.ts'
import { checkOutput, print, warn, write, writeError, writeOutput } from './output.ts'
import { printAnswer } from './print.ts'
import { beginLine, check, commandNamed, hasOwnCommand, understand } from './understand.ts'
import { numberOf } from './understand.ts'
import type { Line } from './understand.ts'
import { speakAs } from './voice.ts'
import { commandsOf } from './words.ts'

/** Run one command line. Gives the exit code; prints errors, never throws them. */
export async function main(chapters: ChapterEntry[]): Promise<number> {
  let line: Line | undefined
  if (process.env['NO_COLOR']) process.env['FORCE_COLOR'] = '0' // chalk knows only this one
  try {
    line = beginLine(argvFrom(ownCommandLine(), process.argv.slice(2)), chapters)
    const code = await carryOut(line)
    checkOutput()
    return code
  } catch (error) {
    return fail(error, line)
  }
}

async function carryOut(line: Line): Promise<number> {
  const { globals } = line
  const [name, ...rest] = globals.words
  if (globals.switches.has('version')) return await version()
  const isAsked = name === 'help' || globals.switches.has('help')
  if (name === undefined || isAsked)
    return await helpAbout(line, name === 'help' ? rest : globals.words, !isAsked)
  const [second] = rest
  const isBare = second === undefined && !hasOwnCommand(name)
  const isHelp = isBare || second === '--help' || second === '-h'
  if (Object.hasOwn(groups, name) && isHelp) return await helpAbout(line, [name], !second)
  await understand(line, name, rest)
  await speakAs(languageAsked(line), line.runtime?.rows ?? [])
  const whole = line as Required<Line>
  const { command, typed, runtime, group } = whole
  if (typed.switches.has('help')) return await help({ command }, runtime.rows)
  await check(whole)
  const execute = await command.load()
  const chapter = runtime.rows.at(-1) as Chapter
  let [shown, said] = ['', Promise.resolve()]
  const progress = (text: string) => {
    shown = text
    said = import('./progress.ts').then((m) => m.progressLine()(text))
  }
  const failed = async (error: unknown) => warn(await inWords(error, line))
  const about = group === undefined ? {} : { group }
  const commands = () => commandsOf(runtime.rows)
  const asking = { isAgreed, explain: explainIn(runtime), attach, streams, carryOut: listOut }
  const saying = { print, write, progress, warn, failed }
  const more = { runtime, chapter, commands, ...saying, ...asking, ...about }
  let answer: Answer | number
  try {
    answer = await execute({ ...typed, ...more })
  } finally {
    if (shown !== '') progress('')
    await said // the line is cleared before anything is printed over it
  }
  if (typeof answer === 'number') return answer
  const { frames, stream } = answer
  if (stream) return (await import('./frames.ts')).printStream(stream, typed)
  if (frames) return (await import('./frames.ts')).printFrames(frames, typed)
  return await printAnswer(answer, typed)
}

/** Asks on standard input. What this needs is loaded only then. */
async function isAgreed(warning: string): Promise<boolean> {
  return (await import('./question.ts')).isAgreed(warning)
}

const streams: Input['streams'] = async ({ switches }) => {
  const { streamsAsked } = await import('./attach.ts')
  return streamsAsked(switches)
}

const listOut: Input['carryOut'] = async (input, list) =>
  (await import('./carry-list.ts')).carryListOut(input, list)

const attach: Input['attach'] = async (launched, options) => {
  const { attach: passOn } = await import('./attach.ts')
  passOn(launched, options)
}

function explainIn({ chapters }: Runtime): Explain {
  return async ({ plan, pid, chapter }, report) => {
    const { explain } = await import('../tools/explain/explain.ts')
    return explain(plan, report, { pid, rows: await rowsUpTo(chapters, chapter) })
  }
}

/** What an error says; of a name that nothing has, with what to type instead. */
async function inWords(error: unknown, line: Line | undefined): Promise<string> {
  const text = error instanceof Error ? error.message : String(error)
  const remedy = remedyFor(error, line?.runtime?.root)
  if (remedy !== undefined) return `${text}\n  ${remedy}`
  if (!(error instanceof Missing) || !line?.runtime) return text
  const { hintsFor } = await import('./hints.ts')
  const rootFlag = valueOf(line.typed ?? line.globals, 'root') ?? valueOf(line.globals, 'root')
  return [text, ...hintsFor(error, line.runtime, rootFlag)].join('\n  ')
}

/** What to do after a call of Node's that failed for reasons of the machine, not of the command. */
function remedyFor(error: unknown, root: string | undefined): string | undefined {
  const code = errnoIn(error)
  if (code === 'EMFILE') return 'to raise the limit: ulimit -n 1024'
  const { path = '' } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  if (root === undefined || !path.startsWith(`${root}/`)) return undefined
  if (code === 'EXDEV' || code === 'EBUSY')
    return 'something is mounted in the data root, which has to be one file system'
  if (code === 'EROFS') return 'the data root is mounted read-only; to take another: --root DIR'
  return code === 'ENAMETOOLONG' ? 'the path of the data root is too long: --root DIR' : undefined
}

/** `--lang`, before the command or after it; wherever it is, if the line was not understood. */
function languageAsked(line: Line | undefined): string | undefined {
  const given = line?.typed && valueOf(line.typed, 'lang')
  const before = line && valueOf(line.globals, 'lang')
  if (line?.typed) return given ?? before
  const [, anywhere] = /(?:^|\0)--lang[=\0](\w+)/.exec(process.argv.join('\0')) ?? []
  return before ?? anywhere
}

/** One line, or the lines of an explanation; never a stack. */
async function fail(error: unknown, line: Line | undefined): Promise<number> {
  const command = line?.command
  const where = command ? `stepbox ${command.name} --help` : 'stepbox --help'
  const hint = error instanceof UsageError ? `\nSee '${where}'.` : ''
  // ignoring a catalogue that cannot be loaded: the error is reported in English then
  if (!line?.runtime) await speakAs(languageAsked(line), []).catch(() => {})
  warn(await inWords(error, line), hint)
  const own = exitCodes[line?.group ?? '']
  if (own) return error instanceof UsageError ? own.usage : own.ours
  const isOurs = !command || command.stopAtWord || error instanceof UsageError
  return isOurs ? 125 : 1
}

function ownCommandLine(): Uint8Array {
  try {
    return readFileSync('/proc/self/cmdline')
  } catch {
    return new Uint8Array() // ignoring: not on Linux, where process.argv has to do
  }
}

/** Of the command, or the group of commands, that `words` name; without any, of the program. */
async function helpAbout(line: Line, words: string[], isUsage: boolean): Promise<number> {
  const { globals, chapters } = line
  const rows = await rowsUpTo(chapters, numberOf(globals, chapters))
  await speakAs(languageAsked(line), rows)
  const [first = '', second] = words
  const isGroup = Object.hasOwn(groups, first)
  const group = isGroup && second === undefined ? first : undefined
  if (words.length === 0 || group !== undefined) return await help({ group, isUsage }, rows)
  const named = words.slice(0, isGroup ? 2 : 1)
  line.command = await commandNamed(named, { rows, chapters })
  return await help({ command: line.command }, rows)
}

interface Topic {
  command?: CommandSpec
  group?: string | undefined
  /** It is shown because nothing was typed. */
  isUsage?: boolean
}

async function help({ isUsage, ...topic }: Topic, rows: Chapter[]): Promise<number> {
  const { helpText } = await import('./help.ts')
  const text = helpText(topic, rows, globalFlags)
  if (isUsage) writeError(text)
  else writeOutput(text)
  return isUsage ? 125 : 0
}

async function version(): Promise<number> {
  const { versionText } = await import('./help.ts')
  writeOutput(versionText())
  return 0
}
