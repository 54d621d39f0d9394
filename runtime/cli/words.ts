/** The words that a chapter understands: its commands and their flags, and where others come. */
import { traitsOf, type Chapter } from '../chapter.ts'
import type { CommandSpec, Flag } from '../command-line.ts'
import { basics, tools } from './commands.ts'

/** How a command is typed: the first chapters know no images. */
export function usageIn(rows: Chapter[], usage: string): string {
  const hasImages = traitsOf(rows).root !== 'host'
  return hasImages ? usage : usage.replace('IMAGE [COMMAND [ARG…]]', 'COMMAND [ARG…]')
}

/** The commands of the last of `rows`, in the order of the help, each with all its flags. */
export function commandsOf(rows: Chapter[]): CommandSpec[] {
  const has = traitsOf(rows)
  const all = [...basics, ...rows.flatMap(({ commands = [] }) => commands), ...tools]
  return all
    .filter(({ needs }) => needs?.(has) ?? true)
    .map((spec) => ({ ...spec, flags: flagsOf(spec, rows) }))
}

/** A command's flags: those that chapters add come first, in the order of the chapters. */
function flagsOf({ name, sharesFlagsOf, flags }: CommandSpec, rows: Chapter[]): Flag[] {
  const names = [name, ...(sharesFlagsOf ? [sharesFlagsOf] : [])]
  const added = rows.flatMap((row) => names.flatMap((each) => row.flags?.[each] ?? []))
  return [...added, ...flags]
}

/** The number of the first of the chapters `all` that has a command. */
export function chapterOfCommand(all: Chapter[], name: string): number | undefined {
  return firstChapter(all, (rows) => commandsOf(rows).some((spec) => spec.name === name))
}

/** The flag of `command` that is written so in one of the chapters `all`, and its chapter. */
export function chapterOfFlag(
  all: Chapter[],
  command: string,
  isIt: (flag: Flag) => boolean,
): { flag: Flag; number: number } | undefined {
  const find = (rows: Chapter[]) =>
    commandsOf(rows).find(({ name }) => name === command)?.flags.find(isIt)
  const number = firstChapter(all, (rows) => find(rows) !== undefined)
  const flag = find(all)
  return number !== undefined && flag ? { flag, number } : undefined
}

function firstChapter(all: Chapter[], isThere: (rows: Chapter[]) => boolean): number | undefined {
  const at = all.findIndex((_, index) => isThere(all.slice(0, index + 1)))
  return all[at]?.number
}
