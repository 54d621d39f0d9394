/** A learner's modules as something that can be judged: lists that are carried out, and answers. */
import { traitsOf, type Chapter } from '../chapter.ts'
import type { Subject, Trial } from './bench.ts'
import { bundleOf, type Answers } from './bundle.ts'
import { bundleIn, type Bundles } from './bundles.ts'
import { carryOut, type Carrier } from './carrier.ts'
import { planFileOf } from './course.ts'
import { imageCopies } from './image.ts'
import { openPlanner, PlannerError, type Planner } from './planner.ts'

/** What judging needs, beside what is judged. */
export type Workshop = Omit<Carrier, 'plan'>

/**
 * The subject for the last of the workshop's rows. `answers` are the learner's files, by path; all
 * others are the reference's. `bundles` are those that were made of them, if they were. Close it
 * when all is judged.
 */
export function learnersSubject(
  workshop: Workshop,
  answers: Answers,
  bundles?: Bundles,
): Subject & { close: () => Promise<void> } {
  const { rows, root, layers } = workshop
  const { root: kind } = traitsOf(rows)
  const planners = new Map<string, Promise<Planner>>()
  const images = kind === 'host' ? undefined : imageCopies(root, layers, kind === 'layers')
  const isReference = (path: string) => !Object.hasOwn(answers, path)
  const plannerOf = (file: string) => {
    const known = planners.get(file)
    if (known) return known
    const text = bundles ? bundleIn(bundles, file) : bundleOf([file], answers, isReference)
    const opened = text.then((each) => openPlanner(root, each))
    planners.set(file, opened)
    return opened
  }
  const chapter = rows.at(-1) as Chapter
  const chapters = { file: planFileOf(chapter), symbol: 'plan' }
  const ask: Subject['ask'] = async (file, symbol, ...args) => {
    try {
      return await (await plannerOf(file)).ask({ file, symbol, args })
    } catch (error) {
      const isOther = file !== chapters.file || symbol !== chapters.symbol
      if (error instanceof PlannerError && isOther) error.asked = { file, symbol }
      throw error
    }
  }
  return {
    ask,
    image: () => images?.take(),
    start: async ({ list = chapters, experiment, ...asked }): Promise<Trial> => {
      const { file, symbol } = list
      const plan: Carrier['plan'] = async (options) =>
        experiment ? experiment(await chapter.plan(options)) : ask(file, symbol, options)
      const { launched, ...rest } = await carryOut({ ...workshop, plan }, asked)
      const { stdin, stdout, stderr } = launched.process
      const ended = launched.outcome.then(({ exitCode }) => exitCode)
      return { stdin, stdout, stderr, ended, ...rest }
    },
    close: async () => {
      await images?.close()
      for (const opened of planners.values())
        await opened.then(
          (planner) => planner.close(),
          () => {}, // ignoring: it was never opened, and whoever asked was told
        )
    },
  }
}
