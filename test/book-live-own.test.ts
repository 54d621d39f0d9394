/** Tests. What a learner wrote, in the pages: the checks of the workspace, and its own debugger. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { connect, liveBook } from './live.ts'
import { needs, scratch } from './scratch.ts'
import { stepbox } from './stepbox.ts'

const [first = { number: 0 }, second = first] = chapters
const taught = second.number

/** A book beside which a workspace was begun, with the solution of its first exercise. */
async function withWorkspace() {
  const book = await liveBook()
  const root = process.env['STEPBOX_ROOT'] ?? ''
  const dir = join(scratch(), 'workspace')
  expect((await stepbox(['lab', 'start', String(taught), dir], { root })).code).toBe(0)
  expect((await stepbox(['lab', 'solve'], { root, cwd: dir })).code).toBe(0)
  return { book }
}

test('the checks of a workspace run, and each has its verdict', async (context) => {
  needs(context, 'root', 'bash')
  const { book } = await withWorkspace()
  const client = await connect(book, `/live/tests?chapter=${taught}&workspace=1`)
  const { exit } = await client.told(({ exit }) => exit !== undefined)
  const states = client.messages().flatMap(({ test }) => test?.state ?? [])
  expect({ exit, states: [...new Set(states)] }).toEqual({ exit: 0, states: ['pass'] })
  expect(states.length).toBeGreaterThan(2)
}, 120_000)

test('the debugger walks through the list of the workspace', async (context) => {
  needs(context, 'root', 'bash')
  const { book } = await withWorkspace()
  const ours = await connect(book, `/live/walk?chapter=${taught}`)
  const theirs = await connect(book, `/live/walk?chapter=${taught}&workspace=1`)
  const [{ plan }, { plan: own }] = await Promise.all(
    [ours, theirs].map((client) => client.told(({ plan }) => Boolean(plan))),
  ) as [{ plan: object[] }, { plan: object[] }]
  expect(own.length).toBeGreaterThan(0)
  expect(own.length).toBeLessThanOrEqual(plan.length)
  for (const client of [ours, theirs]) {
    await client.told(({ next }) => next?.line === 1)
    client.say({ command: 'next' })
    await client.told(({ done }) => done?.line === 1)
    client.say({ command: 'quit' })
    await client.closed
  }
}, 120_000)
