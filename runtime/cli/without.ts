/** `run --without N|CALL`: the list without one line, on a pretend machine. */
import chalk from 'chalk'
import type { Call } from '../calls.ts'
import type { Chapter } from '../chapter.ts'
import { UsageError } from '../command-line.ts'
import { pretendMachine, placesOf, without } from '../consequence.ts'
import type { Step } from '../step.ts'
import { nameOf, strace } from '../strace.ts'

/**
 * Leave out line number `what`, or the first call of that name. The rest runs on a pretend machine:
 * mounts, names and network of its own around the container's, and a read-only disk, so that
 * nothing reaches the host. The consequence is printed first, in the words of the latest of
 * `chapters` that has a row for the line: a later chapter may use a line differently.
 */
export async function leaveOut(
  what: string,
  chapters: Chapter[],
  root: string,
): Promise<(plan: Step[]) => Step[]> {
  const known = await Promise.all(
    chapters.map(async ({ number, tools }) => ({ number, ...(await tools?.()) })),
  )
  return (plan) => {
    const place = placeOf(plan, what)
    const line = plan[place]
    if (!line) throw new UsageError(`no line or call '${what}' in the list; see stepbox plan`)
    const since = known.filter(({ number }) => number >= line.chapter).toReversed()
    const rows = since.flatMap(({ consequences }) => consequences ?? [])
    const row = rows.find((each) => !each.flag && placesOf(plan, each).includes(place))
    const told = row ? `\n  ${row.consequence}` : ''
    const text = `without line ${place + 1}, ${strace(line.call)}${told}`
    process.stderr.write(`${chalk.yellow(text)}\n`)
    const machine = pretendMachine(readOnlyBut(root)).map((step) => ({ ...step, line: 0 }))
    const numbered = plan.map((step, at) => ({ ...step, line: at + 1 }))
    return [...machine, ...without(numbered, place)]
  }
}

/** Make the disk read-only, except for the data root `root`. */
function readOnlyBut(root: string): Call[] {
  return [
    ['mount', root, root, null, ['MS_BIND'], null],
    ['mount', null, '/', null, ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY'], null],
  ]
}

function placeOf(plan: Step[], what: string): number {
  if (/^\d+$/.test(what)) return Number(what) - 1
  return plan.findIndex(({ call }) => nameOf(call) === what)
}
