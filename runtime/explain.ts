/** Command line. A failed step in words: the call, where in the plan, and what is wrong here. */
import type { Report } from './native.ts'
import type { Call, Step } from './step.ts'
import { strace } from './strace.ts'

export interface Explanation {
  /** At most three lines. */
  text: string
  /** 127 when the command was not found, 126 when it cannot be executed, else 125. */
  exitCode: number
}

/** What to tell of the step on which `plan` stopped. */
export function explain(plan: Step[], report: Report): Explanation {
  const call = plan[report.index]?.call
  if (!call) return { text: `step ${report.index + 1} failed: ${report.errno}`, exitCode: 125 }
  const lines = [
    `${shorten(call)} = ${report.errno}`,
    `  step ${report.index + 1} of ${plan.length}`,
  ]
  const cause = causeOf(call, report.errno ?? '')
  if (cause) lines.push(`  ${cause}`)
  return { text: lines.join('\n'), exitCode: exitCodeOf(call, report.errno) }
}

function exitCodeOf(call: Call, errno: string | undefined): number {
  if (call[0] !== 'execvpe') return 125
  return errno === 'ENOENT' ? 127 : 126
}

/** The call as strace has it; of an execvpe only the argument vector's beginning. */
function shorten(call: Call): string {
  const text =
    call[0] === 'execvpe' ? `execvpe(${strace(call).slice(8).split(', ["')[0]}, …)` : strace(call)
  return text.length <= 100 ? text : `${text.slice(0, 99)}…`
}

function causeOf(call: Call, errno: string): string | undefined {
  if (call[0] === 'execvpe') return ofCommand(call[1], call[3], errno)
  if (errno === 'EPERM' || errno === 'EACCES') return 'this needs root and its capabilities'
  if (call[0] === 'write' && errno === 'EBUSY')
    return 'processes sit in this group itself; cgroup v2 allows children only without them'
  if (call[0] === 'write' && errno === 'EINVAL')
    return `the kernel does not accept '${call[2]}' here`
  if (call[0] === 'mount' && call[3] === 'overlay' && errno === 'EINVAL')
    return 'the write layer must not lie on an overlay itself; see the kernel log'
  if (call[0] === 'mount' && errno === 'ENOENT')
    return `the root file system has no ${call[2]} to mount on`
  if (call[0] === 'mount' && errno === 'ELOOP')
    return `${call[2]} is a symbolic link, which a mount must not follow`
  return undefined
}

function ofCommand(file: string, env: string[], errno: string): string | undefined {
  const path = env.find((entry) => entry.startsWith('PATH='))?.slice(5) ?? ''
  const where = file.includes('/')
    ? `no file ${file} inside, or no loader for it`
    : `not in ${path}`
  if (errno === 'ENOENT') return where
  if (errno === 'ENOEXEC') return 'not a program for this processor, or a script without #!'
  if (errno === 'EACCES') return 'it is a directory, or its mode lacks the x bit'
  return undefined
}
