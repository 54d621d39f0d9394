/** A container as data: a list of steps, each a system call and the reason why it is there. */
import type { Call } from './calls.ts'

/**
 * The errno that a step may be allowed to fail with: something exists already, or is missing, or is
 * no mount, or has ended, or this process may not do it, and it makes no difference to the host.
 */
export type Ignorable =
  | 'EEXIST' | 'ENOENT' | 'EINVAL' | 'EACCES' | 'EPERM' | 'ESRCH' | 'ENODEV' | 'EPROTO'

/** One line of a plan. */
export interface Step {
  /** The chapter that brings this line, or 0: see `toolStep`. */
  chapter: number
  call: Call
  /** What breaks without this step, in one sentence. */
  why: string
  /** The one errno that does not stop the plan here. */
  ignoring?: Ignorable
  /** In an altered plan: the line of the original that this step comes from, 0 if it was added. */
  line?: number
}

/** The function that makes the steps of one chapter. Each planner begins with it. */
export function stepOf(chapter: number) {
  return (call: Call, why: string, ignoring?: Ignorable): Step =>
    ignoring ? { chapter, call, why, ignoring } : { chapter, call, why }
}

/** Make a step that belongs to no chapter's list, but to a tool's own: its chapter is 0. */
export const toolStep = stepOf(0)

/** The line number of a step as the printed plan counts it, from 1; 0 if it is not in there. */
export function lineOf(plan: Step[], index: number): number {
  return plan[index]?.line ?? index + 1
}

/** `step 12 of 45`; for a step that was added to the plan, its reason instead. */
export function placeInWords(plan: Step[], index: number): string {
  const line = lineOf(plan, index)
  return line > 0 ? `step ${line} of ${lineOf(plan, plan.length - 1)}` : (plan[index]?.why ?? '')
}
