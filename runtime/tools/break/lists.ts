/** The list that a consequence is about: that of `run`, or a further one of the chapter. */
import { furtherList, type Chapter } from '../../chapter.ts'
import type { Consequence } from '../../consequence.ts'
import type { Container, PlanOptions, ProcessId } from '../../options.ts'
import { toolStep, type Step } from '../../step.ts'
import type { Experiment } from './conduct.ts'

type Row = Partial<Pick<Consequence, 'list' | 'options' | 'beforeRoom'>> & Pick<Consequence, 'see'>

/** The list of the last of `rows` that `row` is about, with the options that it asks for. */
export async function listOf(
  rows: Chapter[],
  { list, options: asked }: Pick<Row, 'list' | 'options'>,
  ordinary: PlanOptions,
): Promise<Step[]> {
  const options = { ...ordinary, ...asked?.(ordinary) }
  const { plan } = list === undefined ? (rows.at(-1) ?? {}) : furtherList(rows, list)
  return (await plan?.(options)) ?? []
}

/** What is done to the list before it is carried out. */
export type ListChange = (list: Step[], options: PlanOptions) => Step[]

/** What the list is made of: the options of a container whose command is this script. */
interface Made {
  optionsFor: (script: string) => PlanOptions
  groups: string[]
  change: ListChange
}

const nothing = 'echo ready; read line'

/** The plan of an experiment with `row`; if it joins a container, also that container's. */
export async function plansFor(
  rows: Chapter[],
  row: Row,
  { optionsFor, groups, change }: Made,
): Promise<Pick<Experiment, 'plan' | 'container'>> {
  const ordinary = optionsFor(row.see.inside)
  const made = async (options: PlanOptions) =>
    change(await listOf(rows, row, options), { ...options, ...row.options?.(options) })
  if (row.list === undefined) return { plan: await made(ordinary) }
  const { joins } = furtherList(rows, row.list)
  const before = row.beforeRoom?.map((call) => toolStep(call, 'part of the pretend machine')) ?? []
  const container = [...before, ...(await listOf(rows, {}, optionsFor(row.see.room ?? nothing)))]
  const about = (init: ProcessId) => ({ init, name: 'box', groups }) satisfies Partial<Container>
  return { container, plan: (first) => made({ ...ordinary, ...joins?.(about(first)) }) }
}
