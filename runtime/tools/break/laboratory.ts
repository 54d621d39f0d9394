/** A place for experiments: a container's directories and group, gone afterwards. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { groupDirs } from '../../02-cgroups/cgroup.ts'
import { lookAtCgroups } from '../../02-cgroups/cgroups.ts'
import { placesOf, without, type Consequence, type Misconception } from '../../consequence.ts'
import { conduct } from './experiment.ts'
import { killAll, removeGroup } from '../../02-cgroups/group-control.ts'
import { layOut } from '../../04-overlay/init-layer.ts'
import { planOptions, traitsOf, type Chapter } from '../../chapter.ts'
import type { PlanOptions } from '../../options.ts'
import type { Call } from '../../calls.ts'
import type { Step } from '../../step.ts'

/** What was seen of the list as it is, and of the list as it should not be. */
export interface Findings {
  kept: string
  broken: string
  /** Whether both are what the row says. */
  isAsTold: boolean
}

/** Where experiments take place: a data root to make directories in, an image to run. */
export interface Place {
  root: string
  /** The unpacked layers of the image, topmost first. */
  layers: string[]
}

type Row = Consequence | Misconception

/** Carry out the list of the last of `rows` that `row` is about, whole and broken. */
export async function experiment(rows: Chapter[], row: Row, place: Place): Promise<Findings> {
  const kept = await seen(rows, row, place, (list) => list)
  const broken = await seen(rows, row, place, (list, options) => breakIt(list, options, row))
  const isAsTold = matches(kept, row.see.kept) && matches(broken, row.see.broken)
  return { kept, broken, isAsTold }
}

/** The list without the row's line, or as somebody wrongly believes it could be. */
function breakIt(list: Step[], options: PlanOptions, row: Row): Step[] {
  if ('alter' in row) return row.alter(list, options)
  const [at] = placesOf(list, row)
  return at === undefined ? list : without(list, at, row.flag)
}

async function seen(
  rows: Chapter[],
  row: Row,
  { root, layers }: Place,
  change: (list: Step[], options: PlanOptions) => Step[],
): Promise<string> {
  mkdirSync(join(root, 'tmp'), { recursive: true })
  const dir = mkdtempSync(join(root, 'tmp', 'experiment-'))
  const group = { name: `stepbox-experiment-${process.pid}`, cgroups: lookAtCgroups(), limits: {} }
  let options = optionsIn(rows, { dir, layers, group, script: row.see.inside })
  const before: Call[] = []
  if (traitsOf(rows).root === 'directory') before.push(...copyOf(layers, dir))
  options = { ...options, ...row.options?.(options) }
  try {
    return await conduct({
      plan: change(rows.at(-1)?.plan(options) ?? [], options),
      see: row.see,
      before: [...before, ...(row.before ?? [])],
      environment: { group: group.name, root: options.root },
    })
  } finally {
    const groups = groupDirs(options.group)
    await killAll(groups)
    await removeGroup(groups)
    rmSync(dir, { recursive: true, force: true })
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
  return planOptions(rows, {
    argv: ['sh', '-c', script],
    hostname,
    group,
    root: join(dir, 'copy'),
    layers: layOut(dir, layers, { hostname, resolver: '' }),
    dir,
  })
}

/** A container that writes straight into its root gets one that goes away again. */
function copyOf(layers: string[], dir: string): Call[] {
  const [upper, work, copy] = ['copy-upper', 'copy-work', 'copy'].map((name) => join(dir, name))
  for (const path of [upper, work, copy]) mkdirSync(path ?? '')
  const data = `lowerdir=${layers.join(':')},upperdir=${upper},workdir=${work}`
  return [['mount', 'overlay', copy ?? '', 'overlay', [], data]]
}

function matches(text: string, source: string): boolean {
  return new RegExp(`^(?:${source})$`, 's').test(text)
}
