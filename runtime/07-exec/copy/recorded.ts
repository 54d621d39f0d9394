/** The steps of a copy that is only planned: what is looked up is, and nothing is put anywhere. */
import type { Batches } from '../../04-overlay/batches.ts'
import type { Step } from '../../step.ts'

/** Called with the steps of a copy, in their order. */
export type OnSteps = (steps: Step[]) => void

/** `program`, with its steps given to `onSteps` too, if there is one. */
export function recorded(program: Batches, onSteps: OnSteps | undefined): Batches {
  if (!onSteps) return program
  const make: Batches['make'] = (plan) => {
    onSteps(plan)
    return program.make(plan)
  }
  return { ...program, make }
}

/** A program that makes none of its steps. */
export function unmade(onSteps: OnSteps): Batches {
  const make = (plan: Step[]) => {
    onSteps(plan)
    return Promise.resolve([])
  }
  return { pid: 0, make, end: () => Promise.resolve() }
}
