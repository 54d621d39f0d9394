/** Tests. Every line earns its place: each is left out in turn, and something visibly breaks. */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { hybrid, v1, v2, v2Bare } from '../chapters/02-cgroups/machines.ts'
import { chapters } from '../chapters/table.ts'
import { placesOf, without, type Consequence } from '../runtime/consequence.ts'
import { conduct } from '../runtime/tools/break/conduct.ts'
import { planOptions, traitsOf, type Chapter } from '../runtime/chapter.ts'
import type { Call } from '../runtime/calls.ts'
import type { Step } from '../runtime/step.ts'
import { strace } from '../runtime/strace.ts'
import { planner, rowsTo } from './rows.ts'
import { needs, scratch } from './scratch.ts'
import { sharedRootfs, worldOf } from './world.ts'

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

/** The list that a row needs, with its command and a fresh place to run in. */
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
  const environment = { group: ordinary.group.name, root: ordinary.root }
  const list = planner(rows.at(-1))({ ...ordinary, ...row.options?.(ordinary) })
  return { list, environment, before: [...before, ...(row.before ?? [])] }
}

async function seen(rows: Chapter[], row: Consequence, place?: number): Promise<string> {
  const { list, environment, before } = await worldFor(rows, row)
  const plan = place === undefined ? list : without(list, place, row.flag)
  return conduct({ plan, see: row.see, before, environment })
}

/** What a row leaves out, as a reader would call it. */
function nameOf(lists: Step[][], row: Consequence): string {
  for (const list of lists)
    for (const place of placesOf(list, row)) return row.flag ?? lineAt(list, place).slice(0, 60)
  throw new Error(`no line matches ${row.drop}`)
}

describe.for(chapters)('chapter $number', async ({ number }) => {
  const rows = await rowsTo(number)
  const { consequences = [] } = (await rows.at(-1)?.tools?.()) ?? {}
  const lists = fullLists(rows, consequences)

  test('no line is without a consequence', () => {
    for (const list of lists) {
      const whole = consequences.filter(({ flag }) => !flag)
      const known = new Set(whole.flatMap((row) => placesOf(list, row)))
      const silent = list.flatMap((step, at) =>
        step.chapter === number && !known.has(at) ? [lineAt(list, at)] : [],
      )
      expect(silent).toEqual([])
    }
  })

  for (const row of consequences)
    test(`without ${nameOf(lists, row)}, ${row.consequence}`, async (context) => {
      needs(context, 'root', ...(row.needs ?? []))
      if (row.where && !existsSync(row.where))
        context.skip(`blocked: no ${row.where} in this kernel`)
      const { list } = await worldFor(rows, row)
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
