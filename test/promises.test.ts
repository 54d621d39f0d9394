/** Tests. The table of promises: each kept from its chapter on, and broken in the one before. */
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { conduct } from '../runtime/tools/break/conduct.ts'
import './busybox.ts' // what it makes is for the whole file, not for the chapter that asks first
import { steps } from './carry-out.ts'
import { traitsOf } from '../runtime/chapter.ts'
import type { Candidate, Promised } from './promised.ts'
import { planner, rowsTo } from './rows.ts'
import { needs } from './scratch.ts'
import { ownRootfs, sharedRootfs, worldOf } from './world.ts'

type Plan = Candidate['plan']

const bareHost: Plan = ({ argv, env }) => steps(['fork'], ['execvpe', argv[0] ?? '', argv, env])

/** What `row` shows in chapter `number`. */
async function seen(number: number, row: Promised): Promise<string> {
  const rows = await rowsTo(number)
  const plan = rows.length > 0 ? planner(rows.at(-1)) : bareHost
  const isDirectory = traitsOf(rows).root === 'directory'
  const rootfs = isDirectory ? await ownRootfs() : await sharedRootfs()
  const world = (script: string) => ({
    ...worldOf(rootfs, script, row.limits),
    ...row.options,
  })
  if (typeof row.see === 'function') return row.see({ number, plan, world })
  const options = world(row.see.inside)
  const see = { ...row.see, kept: row.kept, broken: row.broken }
  const environment = { group: options.group.name }
  return conduct({ plan: plan(options), see, before: row.before ?? [], environment })
}

describe.for(chapters)('since chapter $number', async ({ number: since, slug }) => {
  const after = chapters.map(({ number }) => number).filter((number) => number >= since)
  const before = since - 1
  const where = before === 0 ? 'on the bare host' : `in chapter ${before}`

  describe.each(await promisesOf(since, slug))('$promise', (row) => {
    test.for(after)('kept in chapter %i', async (number, context) => {
      needs(context, 'root', ...(row.needs ?? []))
      expect(await seen(number, row)).toMatch(whole(row.kept))
    })

    test(`broken ${where}`, async (context) => {
      needs(context, 'root', ...(row.needs ?? []))
      const what = await seen(before, row)
      expect(what).toMatch(whole(row.broken))
      expect(what).not.toMatch(whole(row.kept))
    })
  })
})

async function promisesOf(number: number, slug: string): Promise<Promised[]> {
  const folder = `${String(number).padStart(2, '0')}-${slug}`
  const loaded = (await import(`../chapters/${folder}/promises.ts`)) as { promises: Promised[] }
  return loaded.promises
}

function whole(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, 's')
}
