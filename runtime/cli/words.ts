/** The words that a chapter understands: its commands and their flags, and where others come. */
import { traitsOf, type Chapter } from '../chapter.ts'
import type { CommandSpec, Flag } from '../command-line.ts'
import { basics } from './commands.ts'
import { labCommands } from './lab-commands.ts'
import { tools } from './tool-commands.ts'

/** How a command is typed: the first chapters know no images. */
export function usageIn(rows: Chapter[], usage: string): string {
  const hasImages = traitsOf(rows).root !== 'host'
  return hasImages ? usage : usage.replace('IMAGE [COMMAND [ARG…]]', 'COMMAND [ARG…]')
}

/** An example, as it is typed in a chapter: the first ones know no images. */
export function withImageIn(rows: Chapter[], example: string): string {
  return traitsOf(rows).root === 'host' ? example.replace(/ busybox(?= )/, '') : example
}

/**
 * The commands of the last of `rows`, in the order of the help, each with all its flags. A later
 * chapter's takes the place of an earlier one's.
 */
export function commandsOf(rows: Chapter[]): CommandSpec[] {
  const has = traitsOf(rows)
  const added = rows.flatMap(({ commands = [] }) => commands)
  const specs = [...basics, ...added, ...tools, ...labCommands]
  const all = new Map(specs.map((spec) => [spec.name, spec]))
  return [...all.values()]
    .filter(({ needs }) => needs?.(has) ?? true)
    .map((spec) => ({ ...spec, flags: flagsOf(spec, rows) }))
}

/**
 * A command's flags: those that chapters add come first, in the order of the chapters. A later one
 * takes the place of an earlier one with the same name.
 */
function flagsOf({ name, sharesFlagsOf, flags }: CommandSpec, rows: Chapter[]): Flag[] {
  const names = [name, ...(sharesFlagsOf ? [sharesFlagsOf] : [])]
  const added = rows.flatMap((row) => names.flatMap((each) => row.flags?.[each] ?? []))
  return [...new Map([...added, ...flags].map((flag) => [flag.long, flag])).values()]
}

/** The flags of a command in groups: those of each chapter, and its own, which have no slug. */
export function flagsByChapter(
  { name, sharesFlagsOf, flags }: CommandSpec,
  rows: Chapter[],
): { slug?: string; flags: Flag[] }[] {
  const added = rows.flatMap((row) => {
    const all = [...(row.flags?.[name] ?? []), ...(row.flags?.[sharesFlagsOf ?? ''] ?? [])]
    const own = all.filter((flag) => flags.includes(flag))
    return own.length > 0 ? [{ slug: `chapter ${row.number}, ${row.slug}`, flags: own }] : []
  })
  const isAdded = (flag: Flag) => added.some((group) => group.flags.includes(flag))
  return [{ flags: flags.filter((flag) => !isAdded(flag)) }, ...added]
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
