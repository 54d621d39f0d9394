/** A learner's lists for the program itself: what `run`, `plan` and the others carry out. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Chapter, ChapterEntry } from '../chapter.ts'
import { nativePath } from '../native.ts'
import type { PlanOptions } from '../options.ts'
import type { Step } from '../step.ts'
import { bundleOf, NotReadable } from './bundle.ts'
import { listFilesOf, planFileOf } from './course.ts'
import { RefusedList, stepsFrom } from './list-shape.ts'
import { openPlainPlanner } from './plain-planner.ts'
import { openPlanner, PlannerError, type Planner } from './planner.ts'
import type { Question } from './serve.ts'
import { modulesIn, type Workspace } from './workspace.ts'

/** There is no list: why, and the place in the workspace, if it is known. */
class NoList extends Error {
  constructor({ dir }: Pick<Workspace, 'dir'>, problem: string, where?: string) {
    const place = where === undefined ? '' : `\n  ${join(dir, where)}`
    super(`your planner gives no list: ${problem.replaceAll('\n', ' ')}${place}`)
  }
}

/**
 * The chapters up to the workspace's with its lists; later ones stay. `rootOf` gives the data root
 * when a list is asked for.
 */
export function withLearnersLists(
  workspace: Workspace,
  chapters: ChapterEntry[],
  rootOf: () => string,
): ChapterEntry[] {
  const { chapter } = workspace.state
  const own = chapters.filter(({ number }) => number <= chapter)
  const ask = oneAtATime(async () => {
    const rows = await Promise.all(own.map((entry) => entry.load()))
    return plannerFor(workspace, rows.flatMap(listFilesOf), rootOf())
  })
  const listOf = async (source: Source, options: PlanOptions): Promise<Step[]> => {
    try {
      return stepsFrom(await ask({ ...source, args: [options] }))
    } catch (error) {
      throw inWords(error, workspace)
    }
  }
  return chapters.map((entry) => {
    if (entry.number > chapter) return entry
    const source = { file: planFileOf(entry), symbol: 'plan' }
    const plan = (options: PlanOptions) => listOf(source, options)
    const load = async () => {
      const row = await entry.load()
      return { ...row, plan, lists: learnersOf(row.lists, listOf), isLearners: true }
    }
    return { ...entry, load }
  })
}

type Source = Pick<Question, 'file' | 'symbol'>

/** Further lists, with what the learner's functions give. */
function learnersOf(
  lists: Chapter['lists'] = {},
  listOf: (source: Source, options: PlanOptions) => Promise<Step[]>,
): NonNullable<Chapter['lists']> {
  const all = Object.entries(lists).map(([name, list]) => {
    const { source } = list
    return [name, source ? { ...list, learners: listOf.bind(undefined, source) } : list]
  })
  return Object.fromEntries(all) as NonNullable<Chapter['lists']>
}

async function plannerFor(workspace: Workspace, files: string[], root: string): Promise<Planner> {
  const bundle = await bundleOf(files, modulesIn(workspace), () => false)
  const isRoot = process.platform === 'linux' && process.geteuid?.() === 0
  return isRoot && existsSync(nativePath) ? openPlanner(root, bundle) : openPlainPlanner(bundle)
}

/** Asks one question after the other; the planner is there as long as one waits. */
function oneAtATime(open: () => Promise<Planner>): Planner['ask'] {
  let [last, waiting]: [Promise<unknown>, number] = [Promise.resolve(), 0]
  let planner: Planner | undefined
  const close = async () => {
    const old = planner
    planner = undefined
    await old?.close()
  }
  const answered = async (question: Question) => {
    try {
      planner ??= await open()
      return await planner.ask(question)
    } catch (error) {
      await close() // after a failure it may not answer any more
      throw error
    } finally {
      if (--waiting === 0) await close()
    }
  }
  return (question) => {
    waiting++
    const answer = last.then(() => answered(question))
    last = answer.catch(() => {}) // ignoring: who asked is told
    return answer
  }
}

function inWords(error: unknown, workspace: Workspace): unknown {
  if (error instanceof PlannerError) return new NoList(workspace, error.message, error.where)
  if (error instanceof RefusedList) return new NoList(workspace, error.message)
  if (!(error instanceof NotReadable)) return error
  const { message, file, line } = error
  return new NoList(workspace, message.replace(/^\S*:\d+: /, ''), `${file}:${line}`)
}
