/** Why a container did not end by its stop signal, as /proc shows its first process. */
import { tryRead } from '../files.ts'
import { signalNamed } from '../kernel-names.ts'
import type { Container } from '../options.ts'

/** What becomes of a signal that reaches a process (proc(5): SigIgn, SigCgt). */
export type Hearing = 'handled' | 'ignored' | 'default'

/** How process `pid` takes signal `number`; undefined if it is gone. */
export function hearingOf(pid: number, number: number): Hearing | undefined {
  const status = tryRead(`/proc/${pid}/status`)
  if (!status) return undefined
  const isIn = (field: string) => {
    const [, mask = '0'] = new RegExp(`^${field}:\\s*([0-9a-f]+)`, 'm').exec(status) ?? []
    return ((BigInt(`0x${mask}`) >> BigInt(number - 1)) & 1n) === 1n
  }
  return isIn('SigIgn') ? 'ignored' : isIn('SigCgt') ? 'handled' : 'default'
}

/** A container that took its whole grace, and was killed. */
export interface Overdue {
  container: Container
  /** The stop signal that it was sent. */
  number: number
  /** The grace, in seconds. */
  seconds: number
  /** How its first process took the signal at the end of the grace. */
  hearing?: Hearing | undefined
}

/** What to say of it, in one line. */
export function overdueInWords({ container, number, seconds, hearing }: Overdue): string {
  const { name, hasInit = false } = container
  const signal = signalNamed(number)
  const took = hasInit ? undefined : hearing
  if (took === 'default')
    return `'${name}' was killed after ${seconds} s: process 1 has no handler for ${signal}: --init`
  if (took === 'ignored')
    return `'${name}' was killed after ${seconds} s: process 1 ignores ${signal}`
  return `'${name}' was killed after ${seconds} s: it did not end on ${signal}`
}
