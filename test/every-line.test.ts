/** Tests. Every line earns its place: each is left out in turn, and something visibly breaks. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hybrid, v1, v2, v2Bare } from '../chapters/02-cgroups/machines.ts'
import { chapters } from '../chapters/table.ts'
import { placesOf, without, type Consequence } from '../runtime/consequence.ts'
import { groupDirs } from '../runtime/02-cgroups/cgroup.ts'
import { listOf, plansFor } from '../runtime/tools/break/lists.ts'
import { conduct } from '../runtime/tools/break/conduct.ts'
import { furtherList, planOptions, traitsOf, type Chapter } from '../runtime/chapter.ts'
import type { Call } from '../runtime/calls.ts'
import type { Step } from '../runtime/step.ts'
import { strace } from '../runtime/strace.ts'
import { planner, rowsTo } from './rows.ts'
import { needs, scratch } from './scratch.ts'
import { sharedRootfs, worldOf } from './world.ts'

/** Each list that `list` names, with the options of each row about it. */
function furtherLists(rows: Chapter[], list: string, consequences: Consequence[]): Step[][] {
  const machines = [hybrid, v1, v2, v2Bare]
  return machines.flatMap((cgroups) => {
    const group = { name: 'stepbox-paper', cgroups, limits: {} }
    const ordinary = planOptions(rows, { group })
    const each = consequences.map((row) => ({ ...ordinary, ...row.options?.(ordinary) }))
    return [ordinary, ...each].map((options) => furtherList(rows, list).plan(options) as Step[])
  })
}

/**
 * The chapter's list with all that its rows ask for, on each kind of machine, and with each kind of
 * standard streams and of shared memory, which exclude each other.
 */
function fullLists(rows: Chapter[], consequences: Consequence[]): Step[][] {
  return [hybrid, v1, v2, v2Bare].flatMap((cgroups) => {
    const ordinary = planOptions(rows, { group: { name: 'stepbox-paper', cgroups, limits: {} } })
    let all = ordinary
    for (const row of consequences) all = { ...all, ...row.options?.(all) }
    const each = consequences.map((row) => ({ ...ordinary, ...row.options?.(ordinary) }))
    const others = each.filter(
      ({ streams, ipc }) => streams !== ordinary.streams || ipc !== ordinary.ipc,
    )
    return [all, ordinary, ...others].map((options) => planner(rows.at(-1))(options))
  })
}

/** Without the number of this process, which is another one on other machines. */
function lineAt(list: Step[], place: number): string {
  const line = list[place]
  return line ? strace(line.call).replace(/\/proc\/\d+\//g, '/proc/PID/') : ''
}

/** A fresh place to run in, for a row of the chapters up to the last of `rows`. */
async function worldFor(rows: Chapter[], row: Consequence) {
  const rootfs = await sharedRootfs()
  const ordinary = worldOf(rootfs, row.see.inside)
  const before: Call[] = []
  if (traitsOf(rows).root === 'directory') {
    const dirs = ['upper', 'work', 'copy'].map((name) => join(scratch(), name))
    for (const dir of dirs) mkdirSync(dir)
    const [upper, work, copy = ''] = dirs
    const data = `lowerdir=${dirname(rootfs)},upperdir=${upper},workdir=${work}`
    before.push(['mount', 'overlay', copy, 'overlay', [], data])
    ordinary.root = join(copy, 'rootfs')
  }
  const optionsFor = (script: string) => ({ ...ordinary, argv: ['sh', '-c', script] })
  const environment = { group: ordinary.group.name, root: ordinary.root }
  const groups = groupDirs(ordinary.group)
  return { ordinary, optionsFor, groups, environment, before: [...before, ...(row.before ?? [])] }
}

async function seen(rows: Chapter[], row: Consequence, place?: number): Promise<string> {
  const { optionsFor, groups, environment, before } = await worldFor(rows, row)
  const change = (list: Step[]) => (place === undefined ? list : without(list, place, row.flag))
  const plans = await plansFor(rows, row, { optionsFor, groups, change })
  return conduct({ ...plans, see: row.see, before, environment })
}

/** What a row leaves out, as a reader would call it. */
function nameOf(lists: Step[][], row: Consequence): string {
  for (const list of lists)
    for (const place of placesOf(list, row)) return row.flag ?? lineAt(list, place).slice(0, 60)
  throw new Error(`no line matches ${row.drop}`)
}

/** A list of the chapter, in all its forms, and what is known of its lines. */
type ListsOf = [name: string, lists: Step[][], rows: Consequence[]]

describe.for(chapters)('chapter $number', async ({ number }) => {
  const rows = await rowsTo(number)
  const { consequences = [] } = (await rows.at(-1)?.tools?.()) ?? {}
  const about = (list?: string) => consequences.filter((row) => row.list === list)
  const all: ListsOf[] = [
    ['run', fullLists(rows, about()), about()],
    ...Object.keys(rows.at(-1)?.lists ?? {}).map(
      (name): ListsOf => [name, furtherLists(rows, name, about(name)), about(name)],
    ),
  ]

  test.for(all)('no line of %s is without a consequence', ([, lists, own]) => {
    for (const list of lists) {
      const whole = own.filter(({ flag }) => !flag)
      const known = new Set(whole.flatMap((row) => placesOf(list, row)))
      const silent = list.flatMap((step, at) =>
        step.chapter === number && !known.has(at) ? [lineAt(list, at)] : [],
      )
      expect(silent).toEqual([])
    }
  })

  const listsOf = ({ list = 'run' }: Consequence) =>
    all.find(([name]) => name === list)?.[1] ?? []

  for (const row of consequences)
    test(`without ${nameOf(listsOf(row), row)}, ${row.consequence}`, async (context) => {
      needs(context, 'root', ...(row.needs ?? []))
      if (row.where && !existsSync(row.where))
        context.skip(`blocked: no ${row.where} in this kernel`)
      const { ordinary } = await worldFor(rows, row)
      const list = await listOf(rows, row, ordinary)
      const places = placesOf(list, row)
      if (places.length === 0) context.skip('blocked: not a line for control groups as these are')
      expect(await seen(rows, row)).toMatch(whole(row.see.kept))
      for (const place of places) {
        const line = lineAt(list, place)
        const without = { line, seen: await seen(rows, row, place) }
        expect(without).toEqual({ line, seen: expect.stringMatching(whole(row.see.broken)) })
        expect(without.seen).not.toMatch(whole(row.see.kept))
      }
    })
})

function whole(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, 's')
}
