/** What to say of a word that the program does not understand, at this chapter or at all. */
import { rowsUpTo, type Chapter, type Runtime } from '../chapter.ts'
import { UsageError } from '../command-line.ts'
import type { UnknownFlag } from './args.ts'
import { dockerCommands, dockerFlags, notStepbox } from './docker-words.ts'
import { nearest } from './nearest.ts'
import { chapterOfCommand, chapterOfFlag, commandsOf } from './words.ts'

/** An error for command `name`: it comes later, it is no part of Stepbox, or it is mistyped. */
export async function unknownCommand(
  name: string,
  { rows, chapters }: Pick<Runtime, 'rows' | 'chapters'>,
): Promise<UsageError> {
  const all = await rowsUpTo(chapters, Infinity)
  const number = chapterOfCommand(all, name)
  if (number !== undefined) return later(`'${name}'`, number, rows)
  const planned = dockerCommands[name]
  if (planned !== undefined) return toCome(`'${name}'`, planned, { rows, all })
  const reason = notStepbox[name]
  if (reason !== undefined) return new UsageError(`'${name}' is not part of Stepbox: ${reason}`)
  const names = commandsOf(rows).map((each) => each.name)
  const near = nearest(name, names)
  const hint = near === undefined ? `have: ${names.join(', ')}` : `did you mean '${near}'?`
  return new UsageError(`no command '${name}'; ${hint}`)
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
  if (planned) return toCome(`--${planned.long}`, planned.chapter, { rows, all })
  const reason = notStepbox[`--${flag}`]
  if (reason !== undefined) return new UsageError(`--${flag} is not part of Stepbox: ${reason}`)
  const own = commandsOf(rows).find(({ name }) => name === command)?.flags ?? []
  const near = flag.length > 1 ? nearest(flag, own.map(({ long }) => long)) : undefined
  return new UsageError(near === undefined ? message : `${message}; did you mean --${near}?`)
}

/** A word of a later chapter. */
function later(word: string, number: number, rows: Chapter[]): UsageError {
  const here = `this is chapter ${rows.at(-1)?.number}`
  return new UsageError(`${word} comes in chapter ${number}; ${here}`)
}

/** A word of Docker's that no chapter has, although the one that is to bring it may be there. */
function toCome(
  word: string,
  number: number,
  { rows, all }: { rows: Chapter[]; all: Chapter[] },
): UsageError {
  if (!all.some((each) => each.number === number)) return later(word, number, rows)
  return new UsageError(`${word} is Docker's, and Stepbox does not have it yet`)
}
