/** Tests. The table of promises: each kept from its chapter on, and broken in the one before. */
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { conduct } from '../runtime/tools/break/conduct.ts'
import { steps } from './carry-out.ts'
import { promises, type Candidate, type Row } from './promises.ts'
import { traitsOf } from '../runtime/chapter.ts'
import { rowsTo } from './rows.ts'
import { needs } from './scratch.ts'
import { ownRootfs, sharedRootfs, worldOf } from './world.ts'

type Plan = Candidate['plan']

const bareHost: Plan = ({ argv, env }) => steps(['fork'], ['execvpe', argv[0] ?? '', argv, env])

/** What `row` shows in chapter `number`. */
async function seen(number: number, row: Row): Promise<string> {
  const rows = await rowsTo(number)
  const plan = rows.at(-1)?.plan ?? bareHost
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

describe.each(promises)('since chapter $since: $promise', (row) => {
  const newest = chapters.length
  const after = Array.from({ length: newest - row.since + 1 }, (_, at) => row.since + at)

  test.for(after)('kept in chapter %i', async (number, context) => {
    needs(context, 'root', ...(row.needs ?? []))
    expect(await seen(number, row)).toMatch(whole(row.kept))
  })

  const before = row.since - 1
  const where = before === 0 ? 'on the bare host' : `in chapter ${before}`
  test(`broken ${where}`, async (context) => {
    needs(context, 'root', ...(row.needs ?? []))
    const what = await seen(before, row)
    expect(what).toMatch(whole(row.broken))
    expect(what).not.toMatch(whole(row.kept))
  })
})

function whole(source: string): RegExp {
  return new RegExp(`^(?:${source})$`, 's')
}
