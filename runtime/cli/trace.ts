/** `run --trace`: each call as it is made, with result and duration. */
import chalk, { chalkStderr } from 'chalk'
import type { Report } from '../reports.ts'
import { lineOf, type Step } from '../step.ts'
import { nameOf, resultOf, strace } from '../strace.ts'
import { writeError } from './output.ts'
import { say } from './voice.ts'

/** Writes a line to standard error for each report, and a summary at the end. */
export function tracer(write: (text: string) => void = writeError) {
  const seen: Report[] = []
  let plan: Step[] = []
  let printed = 0
  return {
    begin(steps: Step[]): void {
      plan = steps
    },
    report(report: Report): void {
      seen.push(report)
      write(line(plan, report))
      printed = report.index + 1
      const next = plan[printed]
      if (next?.call[0] === 'execvpe' && !failed(plan, report)) write(becoming(plan, printed))
    },
    end(): void {
      write(summary(plan, seen))
    },
  }
}

/** The caller's terminal is raw while a container has it: `\n` does not return to column one. */
export function toRawTerminal(text: string): void {
  writeError(text.replaceAll('\n', '\r\n'))
}

const color = chalkStderr ?? chalk

/** `12  mount("proc", …) = 0 <0.000044>`, with the number of the line in the list first. */
function line(plan: Step[], report: Report): string {
  const { index, result, errno, nanoseconds } = report
  const call = plan[index]?.call
  const isFailure = failed(plan, report)
  const answer = errno ? `-1 ${errno}` : resultOf(call?.[0] ?? '', result)
  const ignored = () => color.dim(say(`${answer} (ignored)`))
  const shown = isFailure ? color.red(answer) : errno ? ignored() : answer
  const time = color.dim(seconds(nanoseconds))
  return `${number(plan, index)} ${call ? strace(call) : '?'} = ${shown} ${time}\n`
}

/** execvpe does not return, so it has neither result nor time. */
function becoming(plan: Step[], index: number): string {
  const call = plan[index]?.call
  return `${number(plan, index)} ${call ? strace(call) : '?'}\n`
}

/** A line that was added to the list has no number. */
function number(plan: Step[], index: number): string {
  return color.dim(String(lineOf(plan, index) || '·').padStart(String(plan.length).length))
}

function failed(plan: Step[], { index, errno }: Report): boolean {
  return errno !== undefined && plan[index]?.ignoring !== errno
}

function seconds(nanoseconds: number): string {
  return `<${(nanoseconds / 1e9).toFixed(6)}>`
}

/** The time of all calls, and the share of each name, the longest first. */
function summary(plan: Step[], reports: Report[]): string {
  const total = reports.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0)
  const byName = new Map<string, { nanoseconds: number; calls: number }>()
  for (const { index, nanoseconds } of reports) {
    const call = plan[index]?.call
    const name = call ? nameOf(call) : '?'
    const sum = byName.get(name) ?? { nanoseconds: 0, calls: 0 }
    byName.set(name, { nanoseconds: sum.nanoseconds + nanoseconds, calls: sum.calls + 1 })
  }
  const rows = [...byName].sort(([, a], [, b]) => b.nanoseconds - a.nanoseconds)
  const lines = rows.map(([name, { nanoseconds, calls }]) => {
    const share = `${((100 * nanoseconds) / (total || 1)).toFixed(1)}%`
    return `${share.padStart(7)}  ${seconds(nanoseconds)}  ${String(calls).padStart(3)}  ${name}`
  })
  const head = say(`${reports.length} calls in ${(total / 1e6).toFixed(3)} ms`)
  return `${color.dim('---')}\n${head}\n${lines.join('\n')}\n`
}
