/** Tests. Every line earns its place: each is left out in turn, and something visibly breaks. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { consequences as namespaces } from '../chapters/01-namespaces/consequences.ts'
import { consequences as cgroups } from '../chapters/02-cgroups/consequences.ts'
import { hybrid, v1, v2, v2Bare } from '../chapters/02-cgroups/machines.ts'
import { consequences as pivotRoot } from '../chapters/03-pivot-root/consequences.ts'
import { consequences as overlay } from '../chapters/04-overlay/consequences.ts'
import { chapters } from '../chapters/table.ts'
import { placesOf, without, type Consequence } from '../runtime/consequence.ts'
import { conduct } from '../runtime/tools/break/experiment.ts'
import type { Chapter, PlanOptions } from '../runtime/container/run.ts'
import type { Call, Step } from '../runtime/step.ts'
import { strace } from '../runtime/strace.ts'
import { needs, scratch } from './scratch.ts'
import { sharedRootfs, worldOf } from './world.ts'

type Row = Consequence<PlanOptions>

/** Options for a plan that is not carried out. */
const onPaper: PlanOptions = {
  argv: ['sh'],
  env: [],
  hostname: 'box',
  network: 'none',
  group: { name: 'stepbox-paper', cgroups: { hierarchies: [] }, limits: {} },
  root: '/paper/rootfs',
  layers: ['lower'],
  dir: '/paper',
  readOnly: false,
}

/** What each chapter itself says of its lines. */
const own: Record<string, Row[]> = {
  namespaces,
  cgroups,
  'pivot-root': pivotRoot,
  overlay,
  commit: [],
}

/** The chapter's list with all that its rows ask for, on each kind of machine. */
function fullLists({ plan, slug }: Chapter): Step[][] {
  return [hybrid, v1, v2, v2Bare].map((machine) => {
    let options = { ...onPaper, group: { ...onPaper.group, cgroups: machine } }
    for (const row of own[slug] ?? []) options = { ...options, ...row.options?.(options) }
    return plan(options)
  })
}

function lineAt(list: Step[], place: number): string {
  const line = list[place]
  return line ? strace(line.call) : ''
}

/** The list that a row needs, with its command and a fresh place to run in. */
async function worldFor({ plan, number }: Chapter, row: Row) {
  const rootfs = await sharedRootfs()
  const ordinary = worldOf(rootfs, row.see.inside)
  const before: Call[] = []
  if (number === 3) {
    const dirs = ['upper', 'work', 'copy'].map((name) => join(scratch(), name))
    for (const dir of dirs) mkdirSync(dir)
    const [upper, work, copy = ''] = dirs
    const data = `lowerdir=${dirname(rootfs)},upperdir=${upper},workdir=${work}`
    before.push(['mount', 'overlay', copy, 'overlay', [], data])
    ordinary.root = join(copy, 'rootfs')
  }
  const environment = { group: ordinary.group.name, root: ordinary.root }
  const list = plan({ ...ordinary, ...row.options?.(ordinary) })
  return { list, environment, before: [...before, ...(row.before ?? [])] }
}

async function seen(chapter: Chapter, row: Row, place?: number): Promise<string> {
  const { list, environment, before } = await worldFor(chapter, row)
  const plan = place === undefined ? list : without(list, place, row.flag)
  return conduct({ plan, see: row.see, before, environment })
}

/** What a row leaves out, as a reader would call it. */
function nameOf(chapter: Chapter, row: Row): string {
  for (const list of fullLists(chapter))
    for (const place of placesOf(list, row)) return row.flag ?? lineAt(list, place).slice(0, 60)
  throw new Error(`in chapter ${chapter.number} no line matches ${row.drop}`)
}

describe.each(chapters)('chapter $number', (chapter) => {
  const rows = own[chapter.slug] ?? []

  test('no line is without a consequence', () => {
    for (const list of fullLists(chapter)) {
      const known = new Set(rows.filter(({ flag }) => !flag).flatMap((row) => placesOf(list, row)))
      const silent = list.flatMap((step, at) =>
        step.chapter === chapter.number && !known.has(at) ? [lineAt(list, at)] : [],
      )
      expect(silent).toEqual([])
    }
  })

  for (const row of rows)
    test(`without ${nameOf(chapter, row)}, ${row.consequence}`, async (context) => {
      needs(context, 'root', ...(row.needs ?? []))
      if (row.where && !existsSync(row.where))
        context.skip(`blocked: no ${row.where} in this kernel`)
      const { list } = await worldFor(chapter, row)
      const places = placesOf(list, row)
      if (places.length === 0) context.skip('blocked: not a line for control groups as these are')
      expect(await seen(chapter, row)).toMatch(whole(row.see.kept))
      for (const place of places) {
        const line = lineAt(list, place)
        const without = { line, seen: await seen(chapter, row, place) }
        expect(without).toEqual({ line, seen: expect.stringMatching(whole(row.see.broken)) })
        expect(without.seen).not.toMatch(whole(row.see.kept))
      }
    })
})

function whole(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, 's')
}
