/** The help: of all commands, or of one. */
import chalk from 'chalk'
import metadata from '../../package.json' with { type: 'json' }
import type { Chapter } from '../chapter.ts'
import type { CommandSpec, Flag } from '../command-line.ts'
import { commandsOf, usageIn } from './words.ts'

/** The help of `command`, or of the whole program, as it is in the last of `rows`. */
export function helpText(
  command: CommandSpec | undefined,
  rows: Chapter[],
  globalFlags: Flag[],
): string {
  return command ? ofCommand(command, rows) : ofProgram(rows, globalFlags)
}

export function versionText(): string {
  return `stepbox ${metadata.version}\n`
}

function ofProgram(rows: Chapter[], globalFlags: Flag[]): string {
  const { number, slug } = rows.at(-1) as Chapter
  const list = commandsOf(rows).map(
    ({ name, summary }) => `  ${chalk.bold(name.padEnd(10))}${summary}`,
  )
  return [
    `A container is a list of system calls. This is chapter ${number}, ${slug}.`,
    '',
    `${chalk.bold('Usage:')} stepbox [--root DIR] [--chapter N] COMMAND …`,
    '',
    ...list,
    '',
    ...flagLines(globalFlags),
    '',
    `'stepbox COMMAND --help' says more. Begin with: stepbox plan busybox sh`,
    '',
  ].join('\n')
}

function ofCommand({ usage, summary, flags }: CommandSpec, rows: Chapter[]): string {
  const head = `${chalk.bold('Usage:')} stepbox ${usageIn(rows, usage)}`
  return [head, '', `  ${summary}`, '', ...flagLines(flags), ''].join('\n')
}

function flagLines(flags: Flag[]): string[] {
  return flags.map(({ long, short, value, text }) => {
    const names = `${short ? `-${short}, ` : '    '}--${long}${value ? ` ${value}` : ''}`
    return `  ${names.padEnd(28)}${text}`
  })
}
