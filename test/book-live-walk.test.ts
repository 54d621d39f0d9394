/** Tests. The debugger of a page: a walk through the start of a container, or into one. */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { chapterNumbers, folderOf } from '../book/live/chapters.ts'
import { entered } from '../book/walk/record.ts'
import { connect, groupsOf, liveBook } from './live.ts'
import { needs } from './scratch.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000 })

const first = chapterNumbers()[0] ?? 0
/** The last chapter whose walk is the start of a container, and one whose walk enters one. */
const isEntering = (chapter: number) => Object.hasOwn(entered, basename(folderOf(chapter)))
const lastStart = chapterNumbers().findLast((chapter) => !isEntering(chapter)) ?? 0
const entering = chapterNumbers().find(isEntering) ?? 0

test('gives the plan, makes each call when asked to, and shows the changes', async (context) => {
  needs(context, 'root', 'bash')
  const book = await liveBook()
  const client = await connect(book, `/live/walk?chapter=${first}`)
  const { plan } = await client.told(({ plan }) => Boolean(plan))
  expect(await client.told(({ lines }) => Boolean(lines))).toEqual({ lines: plan.length })
  expect(plan[0].strace).toMatch(/^close_range\(/)
  expect(plan.every(({ why }: { why: string }) => why.length > 10)).toBe(true)
  const { next } = await client.told(({ next }) => next?.line === 1)
  expect(next.call).toBe(plan[0].strace)
  client.say({ command: 'next' })
  expect(await client.told(({ done }) => done?.line === 1)).toMatchObject({ done: { result: 0 } })
  client.say({ command: 'inspect' })
  const { state } = await client.told(({ state }) => Boolean(state))
  expect(state.pid).toBeGreaterThan(1)
  client.say({ command: 'to 999' })
  expect((await client.told(({ error }) => Boolean(error)))['error']).toContain('999')
  client.say({ command: 'continue' })
  expect(await client.told(({ output }) => Boolean(output))).toEqual({
    output: 'hello from process 1',
  })
  expect((await client.told(({ ended }) => Boolean(ended)))['ended'].exit).toBe(0)
  expect(await client.told(({ exit }) => exit !== undefined)).toEqual({ exit: 0 })
  expect(client.messages().filter(({ done }) => done)).toHaveLength(plan.length)
  expect(client.messages().some(({ change }) => change?.topic === 'hostname')).toBe(true)
  expect(await client.closed).toBe(1000)
})

test('walks through a list that enters a container, gone afterwards', async (context) => {
  needs(context, 'root', 'bash', 'overlay')
  const book = await liveBook()
  const data = process.env['STEPBOX_ROOT'] ?? ''
  const client = await connect(book, `/live/walk?chapter=${entering}`)
  const { command, plan } = await client.told(({ plan }) => Boolean(plan))
  expect(command).toMatch(/^stepbox exec box-\w+ sh -c /)
  expect(plan.some(({ name }: { name: string }) => name === 'setns')).toBe(true)
  const [id = ''] = readdirSync(join(data, 'running'))
  client.say({ command: 'to setns' })
  await client.told(({ done }) => done?.line > 10)
  client.say({ command: 'continue' })
  const { output } = await client.told(({ output }) => Boolean(output))
  expect(output).toMatch(/^hello from process (?!1$)\d+$/)
  expect(await client.told(({ exit }) => exit !== undefined)).toEqual({ exit: 0 })
  expect(groupsOf(id)).toEqual([])
  expect(readdirSync(join(data, 'containers'))).toEqual([])
})

test('leaves a container in the middle of a list that enters it', async (context) => {
  needs(context, 'root', 'bash', 'overlay')
  const book = await liveBook()
  const data = process.env['STEPBOX_ROOT'] ?? ''
  const client = await connect(book, `/live/walk?chapter=${entering}`)
  await client.told(({ next }) => next?.line === 1)
  const [id = ''] = readdirSync(join(data, 'running'))
  expect(groupsOf(id).length).toBeGreaterThan(0)
  client.say({ command: 'to setns' })
  await client.told(({ done }) => done?.line > 10)
  client.socket.terminate()
  await book.close()
  expect(groupsOf(id)).toEqual([])
  expect(readdirSync(join(data, 'containers'))).toEqual([])
})

test('ends when it is asked to quit', async (context) => {
  needs(context, 'root', 'bash')
  const client = await connect(await liveBook(), `/live/walk?chapter=${first}`)
  await client.told(({ next }) => next?.line === 1)
  client.say({ command: 'quit' })
  await client.told(({ exit }) => exit !== undefined)
  expect(client.messages().some(({ done }) => done)).toBe(false)
  expect(await client.closed).toBe(1000)
})

test('undoes a walk', async (context) => {
  needs(context, 'root', 'bash', 'overlay')
  const book = await liveBook()
  const data = process.env['STEPBOX_ROOT'] ?? ''
  const client = await connect(book, `/live/walk?chapter=${lastStart}`)
  await client.told(({ next }) => next?.line === 1)
  client.say({ command: 'to pivot_root' })
  await client.told(({ done }) => done?.line > 20)
  const [id = ''] = readdirSync(join(data, 'running'))
  expect(groupsOf(id).length).toBeGreaterThan(0)
  client.socket.terminate()
  await book.close()
  expect(groupsOf(id)).toEqual([])
  expect(readdirSync(join(data, 'containers'))).toEqual([])
})
