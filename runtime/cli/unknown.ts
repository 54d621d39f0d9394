/** What to say of a word that the program does not understand, at this chapter or at all. */
import { rowsUpTo, type Chapter, type Runtime } from '../chapter.ts'
import { UsageError, type Flag } from '../command-line.ts'
import type { UnknownFlag } from './args.ts'
import { dockerCommands, dockerFlags, notStepbox, untilThen } from './docker-words.ts'
import { groups } from './groups.ts'
import { nearest } from '../nearest.ts'
import { chapterOfCommand, chapterOfFlag, commandsOf } from './words.ts'

/** An error for a command: it comes later, it is no part of Stepbox, or it is mistyped. */
export async function unknownCommand(
  words: string[],
  { rows, chapters }: Pick<Runtime, 'rows' | 'chapters'>,
): Promise<UsageError> {
  const [first = '', second = ''] = words
  const group = words.length > 1 ? groups[first] : undefined
  const name = group ? (group[second] ?? words.join(' ')) : first
  const typed = `'${words.join(' ')}'`
  const all = await rowsUpTo(chapters, Infinity)
  const number = chapterOfCommand(all, name)
  if (number !== undefined) return later(typed, number, rows)
  const planned = dockerCommands[name]
  if (planned !== undefined) return toCome({ typed, name, number: planned }, rows, all)
  const reason = notStepbox[name]
  if (reason !== undefined) return new UsageError(`${typed} is not part of Stepbox: ${reason}`)
  const names = commandsOf(rows).map((each) => each.name)
  const seconds = Object.keys(group ?? {}).filter(Boolean)
  const firsts = [...names, ...Object.keys(groups), ...Object.keys(dockerCommands)]
  const near = group ? nearest(second, seconds) : nearest(first, firsts)
  const meant = near !== undefined && group ? `${first} ${near}` : near
  const have = (group ? seconds : names).join(', ')
  const hint = meant === undefined ? `have: ${have}` : `did you mean '${meant}'?`
  return new UsageError(`no command ${typed}; ${hint}`)
}

/** The same for a flag of `command`. */
export async function unknownFlag(
  { flag, message }: UnknownFlag,
  command: string,
  { rows, chapters }: Pick<Runtime, 'rows' | 'chapters'>,
): Promise<UsageError> {
  const all = await rowsUpTo(chapters, Infinity)
  const isIt = (each: { long: string; short?: string }) => each.long === flag || each.short === flag
  const found = chapterOfFlag(all, command, isIt)
  if (found) return later(`--${found.flag.long}`, found.number, rows)
  const planned = dockerFlags[command]?.find(isIt)
  if (planned) {
    const name = `${command} --${planned.long}`
    return toCome({ typed: `--${planned.long}`, name, number: planned.chapter }, rows, all)
  }
  const reason = notStepbox[`${command} --${flag}`] ?? notStepbox[`--${flag}`]
  if (reason !== undefined) return new UsageError(`--${flag} is not part of Stepbox: ${reason}`)
  const own = commandsOf(rows).find(({ name }) => name === command)?.flags ?? []
  const near = nearestFlag(flag, own)
  if (near === undefined) return new UsageError(message)
  return new UsageError(`unknown flag: --${flag}; did you mean --${near}?`)
}

/** `-name` is `--name` with one dash too few, which is read as `-n`, `-a` and so on. */
function nearestFlag(flag: string, own: Flag[]): string | undefined {
  return flag.length > 1 ? nearest(flag, own.map(({ long }) => long)) : undefined
}

/** A word of a later chapter. */
function later(word: string, number: number, rows: Chapter[]): UsageError {
  const here = `this is chapter ${rows.at(-1)?.number}`
  return new UsageError(`${word} comes in chapter ${number}; ${here}`)
}

interface Planned {
  /** As it was typed, and as the tables have it. */
  typed: string
  name: string
  number: number
}

/** A word of Docker's that no chapter has, although the one that is to bring it may be there. */
function toCome({ typed, name, number }: Planned, rows: Chapter[], all: Chapter[]): UsageError {
  const instead = untilThen[name] ?? untilThen[name.replace(/^\w+ (?=--)/, '')]
  const hint = instead === undefined ? '' : `\n  until then: ${instead}`
  if (!all.some((each) => each.number === number))
    return new UsageError(later(typed, number, rows).message + hint)
  return new UsageError(`${typed} is Docker's, and Stepbox does not have it yet${hint}`)
}
