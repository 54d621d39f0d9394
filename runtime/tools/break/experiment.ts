/** Experiments with a chapter's plan: its directories and group exist only as long as they run. */
import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { groupDirs } from '../../02-cgroups/cgroup.ts'
import { lookAtCgroups } from '../../02-cgroups/cgroups.ts'
import { placesOf, without, type Consequence, type Misconception } from '../../consequence.ts'
import { conduct } from './conduct.ts'
import { plansFor, type ListChange } from './lists.ts'
import { killAll, removeGroup } from '../../02-cgroups/group-control.ts'
import { layOut } from '../../04-overlay/init-layer.ts'
import { planOptions, traitsOf, type Chapter } from '../../chapter.ts'
import { makePlace } from '../../data-root.ts'
import type { Container, PlanOptions } from '../../options.ts'
import { removeTree } from '../../remove-tree.ts'
import type { Call } from '../../calls.ts'
import type { Step } from '../../step.ts'

/** What was seen of the whole plan, and of the broken one. */
export interface Findings {
  kept: string
  broken: string
  /** Whether both are what the row predicts. */
  isAsPredicted: boolean
}

/** What experiments need: a data root to make directories in, an image to run. */
export interface ExperimentPlace {
  root: string
  /** The unpacked layers of the image, topmost first. */
  layers: string[]
}

type Row = Consequence | Misconception

/** Carry out the plan of the last of `rows`, whole and as `row` breaks it. */
export async function experiment(
  rows: Chapter[],
  row: Row,
  bench: ExperimentPlace,
): Promise<Findings> {
  const kept = await seen(rows, row, { ...bench, change: (list) => list })
  const broken = await seen(rows, row, {
    ...bench,
    change: (list, options) => breakIt(list, options, row),
  })
  const isAsPredicted = matches(kept, row.see.kept) && matches(broken, row.see.broken)
  return { kept, broken, isAsPredicted }
}

/** The plan without the row's line, or with the change of a misconception. */
function breakIt(list: Step[], options: PlanOptions, row: Row): Step[] {
  if ('alter' in row) return row.alter(list, options)
  const [at] = placesOf(list, row)
  return at === undefined ? list : without(list, at, row.flag)
}

async function seen(
  rows: Chapter[],
  row: Row,
  { root, layers, change }: ExperimentPlace & { change: ListChange },
): Promise<string> {
  const dir = mkdtempSync(join(makePlace(root, 'tmp'), 'experiment-'))
  const group = { name: `stepbox-experiment-${process.pid}`, cgroups: lookAtCgroups(), limits: {} }
  const known = optionsIn(rows, { dir, layers, group, script: row.see.inside })
  const optionsFor = (script: string) => ({ ...known, argv: ['sh', '-c', script] })
  const before: Call[] = []
  if (traitsOf(rows).root === 'directory') before.push(...copyOf(layers, dir))
  const groups = groupDirs({ ...known, ...row.options?.(known) }.group)
  try {
    return await conduct({
      ...(await plansFor(rows, row, { optionsFor, groups, change })),
      see: row.see,
      before: [...before, ...(row.before ?? [])],
      environment: { group: group.name, root: known.root },
    })
  } finally {
    await killAll(groups)
    await removeGroup(groups)
    await removeTree(dir)
  }
}

interface Given {
  dir: string
  layers: string[]
  group: PlanOptions['group']
  script: string
}

function optionsIn(rows: Chapter[], { dir, layers, group, script }: Given): PlanOptions {
  const hostname = 'box'
  const argv = ['sh', '-c', script]
  const container = { id: 'experiment', argv, env: [], hostname } as unknown as Container
  const setting = { container, root: dir, dir }
  return planOptions(rows, {
    ...(Object.assign({}, ...rows.map(({ planned }) => planned?.(setting))) as object),
    ...(Object.assign({}, ...rows.map(({ tried }) => tried?.())) as object),
    argv,
    hostname,
    group,
    root: join(dir, 'copy'),
    layers: layOut(dir, layers, { hostname, resolver: '' }),
    dir,
  })
}

/** The calls that mount a temporary copy of the image, for a container without layers. */
function copyOf(layers: string[], dir: string): Call[] {
  const [upper, work, copy] = ['copy-upper', 'copy-work', 'copy'].map((name) => join(dir, name))
  for (const path of [upper, work, copy]) mkdirSync(path ?? '')
  const data = `lowerdir=${layers.join(':')},upperdir=${upper},workdir=${work}`
  return [['mount', 'overlay', copy ?? '', 'overlay', [], data]]
}

function matches(text: string, source: string): boolean {
  return new RegExp(`^(?:${source})$`, 's').test(text)
}
