/** Tests. Rounds of: begin a command, kill one of its processes at any moment, look, go on. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { tidy } from '../../runtime/container/tidy.ts'
import type { Container } from '../../runtime/options.ts'
import { signalTo } from '../../runtime/process.ts'
import type { Random } from '../power/random.ts'
import { runtimeOn } from '../rows.ts'
import { monitorsHaveEnded } from '../running.ts'
import { start, stepbox, type Ended, type Started } from '../stepbox.ts'
import { someDeed } from './deeds.ts'
import { treeOf, type Member } from './tree.ts'
import { problemsIn } from './whole.ts'

export interface Lane {
  root: string
  random: Random
  /** A container that runs all the time, named so; 'source' is one that has ended. */
  bystander: Container
}

/** What was killed, by kind and command; and what was wrong then. */
export interface Tally {
  kills: Map<string, number>
  late: number
  problems: string[]
}

/** How long a command may take to end after a process of it was killed. */
const patienceMs = 60_000

/** `count` rounds, or fewer: the first with a problem is the last. */
export async function rounds(lane: Lane, count: number): Promise<Tally> {
  const tally: Tally = { kills: new Map(), late: 0, problems: [] }
  const begin = performance.now()
  await stepbox(['run', '--rm', 'busybox', 'true'], { root: lane.root })
  const course: Course = { ids: new Set(), times: new Map(), usual: performance.now() - begin }
  for (let n = 0; n < count && tally.problems.length === 0; n++) {
    const { victim, problems } = await round(lane, course, n)
    tally.problems.push(...problems)
    if (victim) tally.kills.set(victim, (tally.kills.get(victim) ?? 0) + 1)
    else tally.late++
  }
  return tally
}

/** What is known from the rounds before. */
interface Course {
  /** Of all containers that were seen. */
  ids: Set<string>
  /** How long each deed takes here, in milliseconds: more after a kill, less after a late one. */
  times: Map<string, number>
  /** How long a container takes. */
  usual: number
}

async function round({ root, random, bystander }: Lane, course: Course, n: number) {
  const { ids, times, usual } = course
  const { name, make } = someDeed(random)
  const deed = await make(root, n)
  const time = times.get(name) ?? usual
  const delay = random.fraction() * time
  const all = deed.commands.map((command) => start(command, { root }))
  const ended = Promise.all(all.map(endOf))
  const target = random.pick(all)
  if (random.fraction() < 0.5) await hasChild(target)
  const victim = await killed(target, delay, { random, others: () => deed.others?.(root) ?? [] })
  times.set(name, victim ? Math.min(1.1 * time, 3 * usual) : 0.7 * time)
  for (const id of readdirSync(join(root, 'running'))) ids.add(id)
  const ends = await ended
  const problems = ends.flatMap((end, at) =>
    wrongIn(end, deed.code, { victim, isTarget: all[at] === target }),
  )
  await deed.calm?.(root)
  await monitorsHaveEnded(root, { mostMs: patienceMs, exceptId: bystander.id })
  problems.push(...(await nextCommand(root, n)))
  if (ends.every((end) => end?.code === (deed.code ?? end?.code)))
    problems.push(...(deed.broken?.(root) ?? []))
  problems.push(...(await problemsIn(root, { bystander, ids })))
  await deed.clear?.(root)
  const where = `round ${n}, '${name}', ${victim ?? 'nothing'} killed after ${Math.round(delay)} ms`
  const said = ends.map((end) => `${end?.code ?? end?.signal} ${end?.err}`).join(' and ')
  return { victim, problems: problems.map((each) => `${where}: ${each}\n  it said ${said}`) }
}

/** Until the command has started a process: what it does itself before takes much longer. */
async function hasChild({ process: { pid, exitCode }, ended }: Started): Promise<void> {
  let isOver = false
  void ended.then(() => (isOver = true))
  while (!isOver && exitCode === null && treeOf(pid ?? 0).length < 2)
    await new Promise((resolve) => setTimeout(resolve, 2))
}

/** Kill one of the command's processes after `delay`. Gives its kind; undefined if it was over. */
async function killed(
  started: Started,
  delay: number,
  { random, others }: { random: Random; others: () => Member[] },
): Promise<string | undefined> {
  await new Promise((resolve) => setTimeout(resolve, delay))
  const { pid } = started.process
  const own = pid === undefined || started.process.exitCode !== null ? [] : treeOf(pid)
  const members = [...own, ...others()]
  if (members.length === 0) return undefined
  if (random.fraction() < 0.15) return allKilled(members, random)
  const what = random.pick([...new Set(members.map((each) => each.what))])
  const { id } = random.pick(members.filter((each) => each.what === what))
  if (!signalTo(id, 'SIGKILL')) return undefined
  return id.pid === pid ? 'stepbox' : what // which is the monitor of what it lays out
}

/** Kill all of them, in any order. */
function allKilled(members: Member[], random: Random): string {
  const left = [...members]
  while (left.length > 0) {
    const next = random.pick(left)
    left.splice(left.indexOf(next), 1)
    signalTo(next.id, 'SIGKILL')
  }
  return 'all'
}

/** Its outputs close when no process of it is left that has them. */
async function endOf(started: Started): Promise<Ended | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, patienceMs, undefined)
  })
  const end = await Promise.race([started.ended, late])
  clearTimeout(timer)
  if (!end) started.process.kill('SIGKILL')
  return end
}

/** What is wrong with how a command ended. */
function wrongIn(
  end: Ended | undefined,
  code: number | undefined,
  { victim, isTarget }: { victim: string | undefined; isTarget: boolean },
): string[] {
  if (!end) return ['a process of it did not end']
  const isTrace = /^ {4}at |TypeError|RangeError|unhandled/im.test(end.err)
  const isKilled = isTarget && victim !== undefined
  const isOwn = victim === 'stepbox' || victim === 'all'
  return [
    ...(isTrace ? ['it printed a stack'] : []),
    ...(!isKilled && code !== undefined && end.code !== code ? [`it ended with ${end.code}`] : []),
    ...(isKilled && !isOwn && end.code === null ? ['it was ended by a signal'] : []),
  ]
}

/** In this process, which costs a tenth; and every fifth time as the user has it. */
async function nextCommand(root: string, n: number): Promise<string[]> {
  if (n % 5 !== 0) {
    await tidy(await runtimeOn(root))
    return []
  }
  const { code, err } = await stepbox(['ps', '-a'], { root })
  return code === 0 && err === '' ? [] : [`the next command ended with ${code}: ${err}`]
}
