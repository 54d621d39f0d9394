/** Tests. A plan carried out: what the command said, how it ended, what was reported. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { processIds } from '../runtime/01-namespaces/namespaces.ts'
import { launch, type Launch, type LaunchOptions, type Outcome } from '../runtime/native.ts'
import type { Report } from '../runtime/reports.ts'
import type { Call } from '../runtime/calls.ts'
import { toolStep, type Step } from '../runtime/step.ts'

export interface CarriedOut extends Outcome {
  out: string
  err: string
  reports: Report[]
}

/** Carry out `plan`, give the command `input` to read, and wait for the end. */
export async function carryOut(plan: Step[], options: CarryOptions = {}): Promise<CarriedOut> {
  const { launched, said, heard } = begin(plan, options)
  launched.process.stdin?.end(options.input ?? '')
  return { reports: await heard, ...(await launched.outcome), ...said }
}

interface CarryOptions extends LaunchOptions {
  input?: string
}

export interface Begun {
  launched: Launch
  said: { out: string; err: string }
  /** Those that have come so far. */
  reports: Report[]
  /** All of them, once the native program has ended. */
  heard: Promise<Report[]>
  /** Wait until standard output holds `text`. */
  says: (text: string) => Promise<void>
  /** Wait for the report of step `index`. */
  reported: (index: number) => Promise<Report>
}

/** Start `plan` and leave it running; it is let go of when the test ends. */
export function begin(plan: Step[], options: LaunchOptions = {}): Begun {
  const said = { out: '', err: '' }
  const reports: Report[] = []
  const launched = launch(plan, { stdio: ['pipe', 'pipe', 'pipe'], ...options })
  const hear = async () => {
    for await (const report of launched.reports) reports.push(report)
    return reports
  }
  launched.process.stdout?.on('data', (chunk: Buffer) => (said.out += chunk.toString('latin1')))
  launched.process.stderr?.on('data', (chunk: Buffer) => (said.err += chunk.toString('latin1')))
  launched.process.stdin?.on('error', () => {}) // ignoring: the command need not read
  onTestFinished(async () => {
    launched.abandon()
    await launched.outcome
  })
  return {
    launched,
    said,
    reports,
    heard: hear(),
    says: (text) =>
      until(
        () => said.out.includes(text),
        () => `'${text}', not ${JSON.stringify(said)}`,
      ),
    reported: async (index) => {
      await until(
        () => reports.some((each) => each.index === index),
        () => `report ${index}`,
      )
      return reports.find((each) => each.index === index) as Report
    },
  }
}

/** Look again and again until `holds`, for at most twenty seconds. */
export async function until(holds: () => boolean, what: () => string): Promise<void> {
  const end = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what()}`)
    await setTimeout(2)
  }
}

/** Steps of which only the calls matter. */
export function steps(...calls: Call[]): Step[] {
  return calls.map((call) => toolStep(call, 'for a test'))
}

const path = `PATH=${process.env['PATH'] ?? ''}`

/** The smallest plan with a command: a child that becomes it. */
export function bare(argv: string[], env: string[] = [path]): Step[] {
  return steps(['fork'], ['execvpe', argv[0] ?? '', argv, env])
}

/** The same as process 1 of a pid namespace, so that nothing it starts outlives it. */
export function contained(argv: string[], env: string[] = [path]): Step[] {
  return [...processIds(), ...steps(['execvpe', argv[0] ?? '', argv, env])]
}

/** The processes whose standard input is `file`: a mark that no fork and no exec takes away. */
export function processesReading(file: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && linkOf(`/proc/${name}/fd/0`) === file)
    .map(Number)
}

/** Where a link of /proc leads; '' when the process is gone. */
export function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // ignoring: the process has ended meanwhile
  }
}

/** A field of /proc/<pid>/status, `''` when the process is gone. */
export function statusOf(pid: number, field: string): string {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
  } catch {
    return '' // ignoring: the process has ended meanwhile
  }
}
