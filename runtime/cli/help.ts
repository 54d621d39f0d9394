/** Command line. The help: of all commands, or of one. */
import chalk from 'chalk'
import metadata from '../../package.json' with { type: 'json' }
import type { Chapter } from '../container/run.ts'
import type { Flag } from './args.ts'
import { commands, usageIn, type CommandSpec } from './commands.ts'

/** The help of `command`, or of the whole program, as it is in `chapter`. */
export function helpText(
  command: CommandSpec | undefined,
  chapter: Chapter,
  globalFlags: Flag[],
): string {
  return command ? ofCommand(command, chapter) : ofProgram(chapter, globalFlags)
}

export function versionText(): string {
  return `stepbox ${metadata.version}\n`
}

function ofProgram(chapter: Chapter, globalFlags: Flag[]): string {
  const list = commands
    .filter(({ since }) => since <= chapter.number)
    .map(({ name, summary }) => `  ${chalk.bold(name.padEnd(10))}${summary}`)
  return [
    `A container is a list of system calls. This is chapter ${chapter.number}, ${chapter.slug}.`,
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

function ofCommand({ usage, summary, flags }: CommandSpec, chapter: Chapter): string {
  const known = flags.filter(({ since = 1 }) => since <= chapter.number)
  const head = `${chalk.bold('Usage:')} stepbox ${usageIn(chapter.number, usage)}`
  return [head, '', `  ${summary}`, '', ...flagLines(known), ''].join('\n')
}

function flagLines(flags: Flag[]): string[] {
  return flags.map(({ long, short, value, text }) => {
    const names = `${short ? `-${short}, ` : '    '}--${long}${value ? ` ${value}` : ''}`
    return `  ${names.padEnd(28)}${text}`
  })
}
