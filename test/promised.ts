/** Tests. A promise of a chapter: each chapter has some, in `promises.ts` in its folder. */
import type { Limits } from '../runtime/02-cgroups/limits.ts'
import type { Call } from '../runtime/calls.ts'
import type { Sight } from '../runtime/consequence.ts'
import type { PlanOptions } from '../runtime/options.ts'
import type { Step } from '../runtime/step.ts'

/** A chapter's list; that of chapter 0, the bare host, is a fork and the command. */
export interface Candidate {
  number: number
  plan: (options: PlanOptions) => Step[]
  /** Ordinary options for a command that runs `script`. */
  world: (script: string) => PlanOptions
}

export interface Promised {
  promise: string
  /** Scripts, as in the chapters' consequences, or what else shows it. */
  see: Pick<Sight, 'inside' | 'outside'> | ((candidate: Candidate) => Promise<string>)
  /** All that is seen when it is kept, as a regular expression, and when it is broken. */
  kept: string
  broken: string
  options?: Partial<PlanOptions>
  limits?: Limits
  before?: Call[]
  /** Commands that it takes to look. */
  needs?: string[]
}
