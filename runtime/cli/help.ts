/** The help: of all commands, of a group of them, or of one. */
import chalk from 'chalk'
import metadata from '../../package.json' with { type: 'json' }
import type { Chapter } from '../chapter.ts'
import type { CommandSpec, Flag } from '../command-line.ts'
import { wrap } from '../tools/wrap.ts'
import { groups, spellingsOf } from './groups.ts'
import { say } from './voice.ts'
import { commandsOf, flagsByChapter, usageIn, withImageIn } from './words.ts'

/** The help of a command, of a group or of the whole program, as it is in the last of `rows`. */
export function helpText(
  { command, group }: { command?: CommandSpec; group?: string | undefined },
  rows: Chapter[],
  globalFlags: Flag[],
): string {
  const lines = command
    ? ofCommand(command, rows)
    : group === undefined
      ? ofProgram(rows, globalFlags)
      : ofGroup(group, rows)
  return `${lines.join('\n')}\n`
}

export function versionText(): string {
  return `stepbox ${metadata.version}\n`
}

function ofProgram(rows: Chapter[], globalFlags: Flag[]): string[] {
  const { number, slug } = rows.at(-1) as Chapter
  const list = commandsOf(rows).map(({ name, summary }) => [name, summary] as const)
  return [
    say(`A container is a list of system calls. This is chapter ${number}, ${slug}.`),
    '',
    `${chalk.bold(say('Usage:'))} stepbox [--root DIR] [--chapter N] COMMAND …`,
    '',
    ...columns(list),
    '',
    ...flagLines(globalFlags),
    '',
    ...wrap(
      say("'stepbox COMMAND --help' says more. Begin with: stepbox plan busybox sh"),
      width(),
    ),
  ]
}

function ofGroup(group: string, rows: Chapter[]): string[] {
  const words = Object.entries(groups[group] ?? {})
  const list = commandsOf(rows).flatMap(({ name, summary }) => {
    const own = words.filter(([, means]) => means === name).map(([word]) => word || group)
    return own.length > 0 ? [[own.join(', '), summary] as const] : []
  })
  return [
    `${chalk.bold(say('Usage:'))} stepbox ${group} COMMAND …`,
    '',
    ...columns(list),
    '',
    say(`'stepbox ${group} COMMAND --help' says more.`),
  ]
}

function ofCommand(command: CommandSpec, rows: Chapter[]): string[] {
  const { name, usage, summary, examples = [], keys = [] } = command
  const others = spellingsOf(name).filter((each) => each !== name)
  const usages = usageIn(rows, usage).split(' | ').flatMap((each, at) => {
    const [first = '', ...more] = wrap(`stepbox ${each}`, width() - 11)
    const head = at === 0 ? chalk.bold(say('Usage:')) : '      '
    return [`${head} ${first}`, ...more.map((line) => `           ${line}`)]
  })
  const flags = flagsByChapter(command, rows).flatMap(({ slug, flags: own }) =>
    section(slug === undefined ? 'Flags' : `Flags of ${slug}`, flagLines(own)),
  )
  const indented = (lines: string[]) => lines.map((line) => `  ${line}`)
  return [
    ...usages,
    '',
    ...indented(wrap(say(summary), width() - 2)),
    ...flags,
    ...section('Keys', indented(keys.map(say))),
    ...section('Examples', indented(examples.map((each) => withImageIn(rows, each)))),
    ...section('The same', indented(others.map((each) => `stepbox ${each}`))),
  ]
}

function section(head: string, lines: string[]): string[] {
  return lines.length > 0 ? ['', chalk.bold(`${say(head)}${say(':')}`), ...lines] : []
}

/** At most 80 columns; on a narrower terminal, as many as it has. */
function width(): number {
  return Math.min(80, Math.max(40, process.stdout?.columns || 80))
}

function flagLines(flags: Flag[]): string[] {
  return columns(
    flags.map(({ long, short, value, text }) => {
      const names = `${short ? `-${short}, ` : '    '}--${long}${value ? ` ${value}` : ''}`
      return [names, text]
    }),
  )
}

const widestName = 26

/** Names, and beside them what each means; a long name has a line for itself. */
function columns(rows: (readonly [name: string, text: string])[]): string[] {
  const names = rows.map(([name]) => name.length).filter((length) => length <= widestName)
  const left = Math.max(8, ...names) + 4
  return rows.flatMap(([name, text]) => {
    const lines = wrap(say(text), width() - left)
    const isWide = name.length > left - 4
    const beside = isWide ? lines : lines.slice(1)
    const first = `  ${name}`.padEnd(left) + (isWide ? '' : (lines[0] ?? ''))
    return [first.trimEnd(), ...beside.map((line) => `${' '.repeat(left)}${line}`)]
  })
}
