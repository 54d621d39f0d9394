/** A process 1 that does what the kernel expects of one: it reaps, and passes signals on. */
import { stepOf, type Step } from '../step.ts'

const step = stepOf(6)

declare module '../options.ts' {
  interface ContainerOptions {
    /** Process 1 is one that reaps, and the command is its child. */
    hasInit?: boolean
  }
  interface PlanOptions {
    hasInit?: boolean
  }
}

/** `steps`, whose last one executes the command, with a process 1 of ours before that. */
export function withInit(steps: Step[], hasInit = false): Step[] {
  if (!hasInit) return steps
  const init = step(['init'], 'process 1 stays, reaps orphans and passes signals on to the command')
  return [...steps.slice(0, -1), init, ...steps.slice(-1)]
}
