/** Carry out a list beside that of `run`, as it is or watched, and explain its failure. */
import { isatty } from 'node:tty'
import type { CarriedList, ListToCarryOut, StartedList } from '../carried-list.ts'
import { rowsUpTo, type Runtime } from '../chapter.ts'
import { valueOf, type Input } from '../command-line.ts'
import type { Report } from '../reports.ts'
import { attach } from './attach.ts'
import { checkWatching } from './watching.ts'

export async function carryListOut(input: Input, list: ListToCarryOut): Promise<CarriedList> {
  const { runtime, switches, values } = input
  checkWatching(input)
  const { name } = list
  if (input.chapter.isLearners)
    input.warn(`'${name}' carries out the list of the chapter; yours is tried by stepbox lab test`)
  const left = valueOf(input, 'without')
  const alter = left === undefined ? {} : { alter: await alteration(left, list, runtime) }
  if (switches.has('step') || values.has('record')) return walkThroughList(input, list, alter)
  const tracing = switches.has('trace') ? await import('./trace.ts') : undefined
  const toTerminal = switches.has('tty') && isatty(2) ? tracing?.toRawTerminal : undefined
  const trace = tracing?.tracer(toTerminal)
  const started = await list.begin({ ...alter, ...(trace ? { mode: 'trace' } : {}) })
  connect(started, list)
  trace?.begin(started.plan)
  let why: CarriedList['why']
  for await (const report of started.reports) {
    trace?.report(report)
    if (report.failed) why = await explained(started, report, runtime)
  }
  const outcome = await started.outcome
  trace?.end()
  return { outcome, ...(why ? { why } : {}) }
}

async function walkThroughList(
  { runtime, switches, values }: Input,
  list: ListToCarryOut,
  how: Parameters<ListToCarryOut['begin']>[0],
): Promise<CarriedList> {
  const [{ walkOn }, { walkOf }] = await Promise.all([
    import('./walk.ts'),
    import('../tools/walk/walk.ts'),
  ])
  let started: StartedList | undefined
  const begin = async () => {
    const begun = await list.begin({ ...how, mode: 'step' })
    started = begun
    return walkOf(runtime, begun, { groups: begun.groups, finish: () => begun.outcome })
  }
  const onCommand = () => started && connect(started, list)
  const watching = { isStepped: switches.has('step'), file: valueOf({ values }, 'record') }
  const walk = { begin, argv: list.argv, onCommand, whenLeft: list.whenLeft ?? 'undone' }
  const { result, explanation } = await walkOn(runtime, walk, watching)
  return {
    ...(result ? { outcome: result } : {}),
    ...(explanation ? { why: explanation } : {}),
  }
}

/** Whoever typed the command is not asked to pass its signals on: Docker's client does not. */
function connect({ launched }: StartedList, { stdio, isDetached }: ListToCarryOut): void {
  if (!isDetached) attach(launched, { ...(stdio ? { stdio } : {}), sigProxy: false })
}

async function alteration(left: string, { name }: ListToCarryOut, { rows }: Runtime) {
  const { leaveOut } = await import('./without.ts')
  return leaveOut(left, rows, name)
}

async function explained({ plan, pid, chapter }: StartedList, report: Report, runtime: Runtime) {
  const { explain } = await import('../tools/explain/explain.ts')
  return explain(plan, report, { pid, rows: await rowsUpTo(runtime.chapters, chapter) })
}
