/** Step by step. What doctor says of one capability, and the ways of saying it. */
import { causeOf, type Cause } from './causes.ts'
import type { Machine, Try } from './machine.ts'

export interface Verdict {
  /** `unknown`: it could not be tried. */
  state: 'yes' | 'part' | 'no' | 'unknown'
  /** What was seen: a value, or the call that failed and its errno. */
  found: string
  why?: string
  /** A line that can be typed, or the nearest thing to one. */
  remedy?: string
}

/** From what was seen of a machine to the verdict. Pure. */
export type Rule = (machine: Machine) => Verdict

export function yes(found: string): Verdict {
  return { state: 'yes', found }
}

export function no(found: string, cause: Cause): Verdict {
  return { state: 'no', found, ...cause }
}

/** What nobody could try. That has a cause as well, unless another one is given. */
export function unknown(machine: Machine, cause?: Cause): Verdict {
  return { state: 'unknown', found: 'not tried', ...(cause ?? causeOf(machine, undefined)) }
}

/** What came of a try, as strace prints it: `unshare(CLONE_NEWNET) = EPERM`; or what was said. */
export function failureIn(machine: Machine, name: Try): string {
  const { call, errno, said } = machine.tries[name] ?? {}
  if (!call) return said ?? 'not tried'
  const anonymous = call.replace(/stepbox-doctor-[\w-]+/, '…')
  const short = anonymous.length > 46 ? `${anonymous.slice(0, 45)}…` : anonymous
  return `${short} = ${errno}`
}

/** A capability that is there exactly when a try succeeds. */
export function byTrying(
  name: Try,
  found: string,
  cause: (machine: Machine) => Cause = (machine) => causeOf(machine, machine.tries[name]),
): Rule {
  return (machine) => {
    const tried = machine.tries[name]
    if (!tried) return unknown(machine)
    return tried.ok ? yes(found) : no(failureIn(machine, name), cause(machine))
  }
}
