/** `run --without N|CALL`: the list without one line, on a pretend machine. */
import { fstatSync } from 'node:fs'
import chalk from 'chalk'
import type { ListOptions } from '../carried-list.ts'
import type { Chapter } from '../chapter.ts'
import { UsageError } from '../command-line.ts'
import { placesOf } from '../consequence.ts'
import type { Step } from '../step.ts'
import { isNamed, strace } from '../strace.ts'
import { harmless } from './harmless.ts'
import { writeError } from './output.ts'
import { say } from './voice.ts'

/**
 * Leave out line number `what`, or the first call of that name, of the list of `run` or of the one
 * called `list`. The rest runs on a pretend machine, so that nothing reaches the host. The
 * consequence is printed first, in the words of the latest of `chapters` that has a row for the
 * line: a later chapter may use a line differently.
 */
export async function leaveOut(
  what: string,
  chapters: Chapter[],
  list?: string,
): Promise<NonNullable<ListOptions['alter']>> {
  const known = await Promise.all(
    chapters.map(async ({ number, tools }) => ({ number, ...(await tools?.()) })),
  )
  return (plan, dir, open = []) => {
    const place = placeOf(plan, what)
    const line = plan[place]
    if (!line) throw new UsageError(`no line or call '${what}' in the list; see stepbox plan`)
    checkFiles(line)
    const since = known.filter(({ number }) => number >= line.chapter).toReversed()
    const all = since.flatMap(({ consequences }) => consequences ?? [])
    const rows = all.filter((row) => row.list === list)
    const row = rows.find((each) => !each.flag && placesOf(plan, each).includes(place))
    const told = row ? `\n  ${row.consequence}` : ''
    const text = say(`without line ${place + 1}, ${strace(line.call)}${told}`)
    writeError(`${chalk.yellow(text)}\n`)
    return harmless(plan, { place, dir, open: open.map((path) => ({ path })) })
  }
}

/** Without its pipes a container can empty the caller's files: that would be no experiment. */
function checkFiles({ call }: Step): void {
  if (call[0] !== 'dup2' || ![0, 1, 2].some((fd) => fstatSync(fd).isFile())) return
  throw new UsageError(
    'without this dup2 the container has your file open, and could empty it; give it a pipe',
  )
}

function placeOf(plan: Step[], what: string): number {
  if (/^\d+$/.test(what)) return Number(what) - 1
  return plan.findIndex(({ call }) => isNamed(call, what))
}
