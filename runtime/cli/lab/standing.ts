/** Where a learner stands: each check of the chapter, its last result, the points. */
import type { Check, Exercise } from '../../chapter-lab.ts'
import type { Result } from '../../lab/state.ts'
import { answersIn, hashOf } from '../../lab/workspace.ts'
import type { LabScene } from './common.ts'

export interface LabStanding {
  checks: { id: string; check: Check; result: Result | undefined }[]
  points: number
  most: number
  /** The first check that does not pass. */
  next: LabStanding['checks'][number] | undefined
  /** Something was written since a check was judged. */
  isStale: boolean
}

export async function standingIn(scene: LabScene): Promise<LabStanding> {
  const { workspace, rows, chapter, lab } = scene
  const { results } = workspace.state
  const checks = lab.checks.map((check) => {
    const id = wholeId(chapter.number, check.id)
    return { id, check, result: results[id] }
  })
  const sum = (all: typeof checks) => all.reduce((total, each) => total + each.check.points, 0)
  const hash = hashOf(await answersIn(workspace, rows))
  return {
    checks,
    points: sum(checks.filter(({ result }) => result?.status === 'pass')),
    most: sum(checks),
    next: checks.find(({ result }) => result?.status !== 'pass'),
    isStale: checks.some(({ result }) => result !== undefined && result.of !== hash),
  }
}

/** As in the results: `03/old-root-gone`, and of hints `03/planner`. */
export function wholeId(chapter: number, id: string): string {
  return `${String(chapter).padStart(2, '0')}/${id}`
}

/** The exercise of the first check that does not pass; undefined if all do. */
export function nextExercise(standing: LabStanding, { lab }: LabScene): Exercise | undefined {
  return lab.exercises.find(({ id }) => id === standing.next?.check.exercise)
}
