/** Tests. Two commands on one container at the same moment: none is lost, and none hangs. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type TestContext } from 'vitest'
import { imageFor } from '../../runtime/05-commit/image-for.ts'
import { removeContainer } from '../../runtime/06-lifecycle/remove-container.ts'
import { createContainer, startContainer } from '../../runtime/06-lifecycle/start-container.ts'
import { waitForEnd } from '../../runtime/06-lifecycle/wait-container.ts'
import type { Runtime } from '../../runtime/chapter.ts'
import { detachedStreams } from '../../runtime/cli/attach.ts'
import { carryListOut } from '../../runtime/cli/carry-list.ts'
import type { Input, Typed } from '../../runtime/command-line.ts'
import { stateOf } from '../../runtime/container/find.ts'
import { keptState, markedState } from '../../runtime/container/state.ts'
import type { Container } from '../../runtime/options.ts'
import { rootWithBusybox } from '../busybox.ts'
import { until } from '../detached.ts'
import { runtimeOn } from '../rows.ts'
import { needs } from '../scratch.ts'

/** Its exit code, if it has one. It rejects with what the command says. */
export type Work = (runtime: Runtime, id: string) => Promise<unknown>

export interface Command {
  does: Work
  /** What it may say, besides what all may, because the other one came first. */
  says?: RegExp
  /** Exit codes other than 0. */
  codes?: number[]
  /** It goes on until the container ends. */
  lasts?: boolean
}

/** What any command may say that came after the other one. */
const afterAnother = [
  /^container '\w+' is (not running|(already|not) paused|paused; |running; )/,
  /^container '\w+' (was removed|waits )|^no container named /,
]

let boxes = 0

/** The label by which `container prune` finds one container alone. */
export function ownLabel({ config }: Container): string {
  return `own=${config?.Labels?.['own']}`
}

/** What a command gets that was typed so; what it reports as an error, it says. */
export function asTyped(runtime: Runtime, typed: Partial<Typed>): Input {
  const nothing = () => undefined
  const streams = async () => detachedStreams(false)
  const asking = { attach: nothing, streams, carryOut: carryListOut }
  const saying = { print: nothing, write: nothing, progress: nothing, warn: nothing }
  const failed = (error: unknown) => Promise.reject(error)
  const words = { words: [], values: new Map(), switches: new Set(), ...typed }
  const standing = { runtime, chapter: runtime.rows.at(-1) }
  return { ...words, ...asking, ...saying, ...standing, failed } as unknown as Input
}

export function chapterOf({ rows }: Runtime): number {
  return rows.at(-1)?.number ?? 0
}

/** A container that is created, and not started. */
export async function createdFor(runtime: Runtime): Promise<Container> {
  const { settings, use } = await imageFor(runtime.root, 'busybox', 'layers')
  const config = { Env: settings.Env ?? [], Labels: { own: String(++boxes) } }
  const chapter = chapterOf(runtime)
  return createContainer(runtime, {
    ...{ argv: ['sleep', '1000'], env: [], network: 'none', rm: false, chapter, config },
    ...use,
  })
}

interface End {
  code?: unknown
  problem?: string
}

async function endOf(work: Promise<unknown>): Promise<End> {
  try {
    return { code: await work }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

/** It is as it should be when nobody does anything with it: on record, or gone. */
function isWhole({ root }: Runtime, { id, groups = [] }: Container): boolean {
  const now = stateOf(root, id)
  const named = readdirSync(join(root, 'names')).filter((name) =>
    existsSync(join(root, 'names', name, id)),
  )
  const hasGroup = groups.some((dir) => existsSync(dir))
  if (!now) return named.length === 0 && !hasGroup
  if (named.join() !== now.name) return false
  if (!markedState(root, id)) return keptState(root, id) !== undefined
  return now.status === 'running' && hasGroup
}

type Named = [name: string, command: Command]
export type Pair = readonly [Named, Named]

/** Do both on a fresh container. Gives what they should not have said, or ended with. */
async function both(runtime: Runtime, pair: Pair, isRunning: boolean): Promise<string[]> {
  const label = pair.map(([name]) => name).join()
  const container = await createdFor(runtime)
  const { id } = container
  if (isRunning) await startContainer(runtime, id, { chapter: chapterOf(runtime) })
  const ended = waitForEnd(runtime, id)
  const ends = pair.map(([, { does }]) => endOf(does(runtime, id)))
  await Promise.all(ends.filter((_, at) => !pair[at]?.[1].lasts))
  await until(() => isWhole(runtime, stateOf(runtime.root, id) ?? container))
  if (stateOf(runtime.root, id)) await removeContainer(runtime, id, { isForced: true })
  expect(isWhole(runtime, container), label).toBe(true)
  expect([0, 137], label).toContain(await ended)
  const odd = (await Promise.all(ends)).flatMap((end, at) => oddIn(end, pair[at]?.[1]))
  return odd.map((what) => `${label}: ${what}`)
}

function oddIn({ code, problem }: End, command?: Command): string[] {
  if (problem === undefined) {
    const isFine = typeof code !== 'number' || [0, ...(command?.codes ?? [])].includes(code)
    return isFine ? [] : [`it ended with ${code}`]
  }
  const isExpected = [...afterAnother, command?.says].some((each) => each?.test(problem))
  return isExpected ? [] : [problem]
}

/** A few pairs run at the same time, because a machine waits more than it works. */
const together = 4

/** What `work` finds odd in each pair. */
export async function oddInPairs<P>(
  pairs: P[],
  work: (pair: P) => Promise<string[]>,
): Promise<string[]> {
  const odd: string[] = []
  for (let at = 0; at < pairs.length; at += together)
    odd.push(...(await Promise.all(pairs.slice(at, at + together).map(work))).flat())
  return odd
}

/** All pairs, on containers that run or are created. Gives what was odd. */
export async function inPairs(
  context: TestContext,
  pairs: Pair[],
  { isRunning, chapter }: { isRunning: boolean; chapter: number },
): Promise<string[]> {
  needs(context, 'root', 'overlay', 'cgroup-freezer')
  const runtime = await runtimeOn(await rootWithBusybox(), chapter)
  return oddInPairs(pairs, (pair) => both(runtime, pair, isRunning))
}

/** Each of `own` with each of all, in one order. */
export function pairsOf(
  own: Record<string, Command>,
  others: Record<string, Command> = {},
): Pair[] {
  const [all, more] = [Object.entries(own), Object.entries(others)]
  return all.flatMap((one, at) =>
    [...all.slice(at), ...more].map((other): Pair => [one, other]),
  )
}
