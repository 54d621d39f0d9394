/** The verdict on one capability, and functions that make verdicts. */
import type { HostFinding } from '../../chapter-tools.ts'
import { causeOf, type Cause } from './causes.ts'
import type { Machine } from './machine.ts'

/** Whether a machine has a capability: found is a value, or the call that failed and its errno. */
export type MachineVerdict = HostFinding

/** Judges a machine. Pure. */
export type Rule = (machine: Machine) => MachineVerdict

/** It works. */
export function yes(found: string): MachineVerdict {
  return { state: 'yes', found }
}

/** It does not work. */
export function no(found: string, cause: Cause): MachineVerdict {
  return { state: 'no', found, ...cause }
}

/** It could not be tried, for `cause` or, without one, for the general cause. */
export function unknown(machine: Machine, cause?: Cause): MachineVerdict {
  return { state: 'unknown', found: 'not tried', ...(cause ?? causeOf(machine, undefined)) }
}

/** The failure of a try, as strace prints it: `unshare(CLONE_NEWNET) = EPERM`; or its message. */
export function failureIn(machine: Machine, name: string): string {
  const { call, errno, said } = machine.tries[name] ?? {}
  if (!call) return said ?? 'not tried'
  const anonymous = call.replace(/stepbox-doctor-[\w-]+/, '…')
  const short = anonymous.length > 46 ? `${anonymous.slice(0, 45)}…` : anonymous
  return `${short} = ${errno}`
}

/** A capability that a machine has if the try `name` succeeds. */
export function byTrying(
  name: string,
  found: string,
  cause: (machine: Machine) => Cause = (machine) => causeOf(machine, machine.tries[name]),
): Rule {
  return (machine) => {
    const tried = machine.tries[name]
    if (!tried) return unknown(machine)
    return tried.ok ? yes(found) : no(failureIn(machine, name), cause(machine))
  }
}
