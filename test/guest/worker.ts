/**
 * Tests. A process that runs the files of tests that its parent names, one after the other, and
 * reports how each test ended. As in vitest, each file gets fresh copies of all modules.
 */
import { join } from 'node:path'
import { startTests, type File, type Suite, type Test } from '@vitest/runner'
import type { Ended, Job, Said } from './job.ts'
import { load } from './load.ts'
import { provide, vitest } from './vitest.ts'

const root = join(import.meta.dirname, '../..')
const timeout = 20_000

/** Run the tests of a file that take their context, except those that are done. */
async function run(job: Job): Promise<void> {
  provide({ capabilities: job.capabilities, isBundled: true }, job.patience)
  const config = {
    root,
    setupFiles: [],
    name: undefined,
    passWithNoTests: true,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 1, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: timeout * job.patience,
    hookTimeout: timeout * job.patience,
    retry: 1, // as with CI set
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  } as const
  const done = new Set(job.done)
  const [file] = await startTests([join(root, job.file)], {
    config: { ...config, setupFiles: [], tags: [], sequence: { ...config.sequence } },
    importFile: () => load(job.file, vitest),
    onCollected: ([file]) => {
      if (!file) return
      const names = job.isList ? asking(file).map(({ fullTestName: name }) => name) : []
      for (const name of names) say({ listed: { name } })
      select(file, ({ id, meta }) => meta.asks === true && !job.isList && !done.has(id))
    },
    onBeforeTryTask: ({ id, fullTestName: name, timeout }) => {
      begun = performance.now()
      say({ begun: { id, name, timeout } })
    },
    onAfterRetryTask: (test, { retry }) => {
      if (isOver(test, retry)) say({ ended: endOf(test) })
    },
  })
  for (const suite of file ? suitesOf(file) : [])
    for (const error of suite.result?.errors ?? [])
      say({ broken: { name: suite.fullTestName ?? '', error: textOf(error) } })
  say({ ready: true })
}

/** Whether a test that was run `again` times more is not run once more. */
function isOver({ result, retry = 0 }: Test, again: number): boolean {
  const most = typeof retry === 'number' ? retry : (retry.count ?? 0)
  return result?.state !== 'fail' || again >= most
}

/** Skip the tests that are not wanted, and the hooks of suites without a wanted test. */
function select(suite: Suite, isWanted: (test: Test) => boolean): boolean {
  const wanted = suite.tasks.filter((task) =>
    task.type === 'suite' ? select(task, isWanted) : isWanted(task),
  )
  for (const task of suite.tasks) if (!wanted.includes(task)) task.mode = 'skip'
  if (wanted.length === 0) suite.mode = 'skip'
  return wanted.length > 0
}

function asking(suite: Suite): Test[] {
  return suite.tasks.flatMap((task) =>
    task.type === 'suite' ? asking(task) : task.meta.asks ? [task] : [],
  )
}

function suitesOf(suite: Suite | File): Suite[] {
  const below = suite.tasks.filter((task) => task.type === 'suite')
  return [suite, ...below.flatMap(suitesOf)]
}

interface Thrown {
  message: string
  diff?: string | undefined
  stack?: string | undefined
}

let begun = 0

function endOf({ id, fullTestName: name, result, meta }: Test): Ended {
  return {
    id,
    name,
    state: result?.state === 'pass' || result?.state === 'fail' ? result.state : 'skip',
    ms: Math.round(performance.now() - begun),
    ...(result && 'note' in result ? { note: String(result.note) } : {}),
    ...(meta.needs ? { needs: meta.needs } : {}),
    ...(result?.errors?.length ? { error: result.errors.map(textOf).join('\n\n') } : {}),
  }
}

/** The message of an error, the difference from what was expected, and the place. */
function textOf({ message, diff = '', stack = '' }: Thrown): string {
  const where = stack.split('\n').filter((line) => /^ +at .*tests\.cjs/.test(line))
  return [message, diff, ...where.slice(0, 6)].filter(Boolean).join('\n')
}

function say(what: Said): void {
  process.send?.(what)
}

for (const event of ['uncaughtException', 'unhandledRejection'])
  process.on(event, (error: Error) => say({ broken: { name: '', error: textOf(error) } }))
process.on('message', (job: Job) => void run(job))
process.on('disconnect', () => process.exit())
