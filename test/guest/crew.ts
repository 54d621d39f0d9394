/**
 * Tests. Two processes that run files of tests from one queue. If one dies, or is silent for longer
 * than its test may take, that is an error of this test, and a new process goes on with the next.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { skipped, unsteady, type Result } from '../results.ts'
import type { Ended, Job, Said } from './job.ts'

export interface Orders {
  /** The path of worker.cjs. */
  worker: string
  files: string[]
  /** The time that the hooks of a test may take. Loading a file may take ten times as long. */
  graceMs: number
  options: Omit<Job, 'file' | 'done'>
  /** Environment of the tests. */
  env: NodeJS.ProcessEnv
  onResult: (result: Result) => void
  onListed: (file: string, name: string) => void
}

/** Run all of `files`. Resolves when each has ended or was given up. */
export async function runFiles(orders: Orders): Promise<void> {
  const queue = [...orders.files]
  const member = async () => {
    let worker: ChildProcess | undefined
    for (let file = queue.shift(); file !== undefined; file = queue.shift())
      worker = await runFile(file, worker, orders)
    worker?.disconnect()
  }
  await Promise.all([member(), member()])
}

async function runFile(file: string, last: ChildProcess | undefined, orders: Orders) {
  const { env } = orders
  const done: string[] = []
  for (let worker = last; ; worker = undefined) {
    worker ??= fork(orders.worker, { env, stdio: ['ignore', 2, 2, 'ipc'], detached: true })
    const way = await attempt(worker, { file, done, ...orders.options }, orders)
    if (way === 'done') return worker
    const { running, reason } = way
    orders.onResult({ file, name: running?.name ?? '', outcome: 'error', reason, error: reason })
    if (!running) return undefined
    done.push(running.id)
  }
}

interface Lost {
  /** The test that was running. Undefined while the file was being loaded. */
  running: { id: string; name: string } | undefined
  reason: string
}

/** Run one file until it ends or its process is lost. Adds the tests that ended to `job.done`. */
function attempt(worker: ChildProcess, job: Job, orders: Orders): Promise<'done' | Lost> {
  const { file } = job
  const { graceMs } = orders
  return new Promise((resolve) => {
    let running: Lost['running']
    let timer: NodeJS.Timeout
    const end = (way: 'done' | Lost) => {
      clearTimeout(timer)
      worker.removeAllListeners()
      resolve(way)
    }
    const lose = (reason: string) => end({ running, reason })
    const expectWithin = (ms: number) => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        killGroup(worker)
        lose(`nothing was heard of it for ${ms / 1000} s, and it was killed`)
      }, ms)
    }
    const hear = (said: Said) => {
      if ('ready' in said) return end('done')
      expectWithin(graceMs)
      if ('begun' in said) {
        running = said.begun
        expectWithin(said.begun.timeout + graceMs)
      } else if ('ended' in said) {
        running = undefined
        job.done.push(said.ended.id)
        orders.onResult(resultOf(file, said.ended))
      } else if ('listed' in said) orders.onListed(file, said.listed.name)
      else {
        const { name, error } = said.broken
        orders.onResult({ file, name, outcome: 'error', reason: firstLine(error), error })
      }
    }
    worker.on('message', hear)
    worker.on('error', ({ message }) => lose(message))
    worker.on('exit', (code, signal) => {
      killGroup(worker)
      lose(`the process that ran it ended: ${signal ?? `exit code ${code}`}`)
    })
    expectWithin(graceMs * 10)
    worker.send(job)
  })
}

/** A worker leads its process group, so this also kills what its tests left running. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // ignoring: the group is empty
  }
}

function resultOf(file: string, { name, state, ms, note, needs, error }: Ended): Result {
  const more = { ms, ...(needs ? { needs } : {}) }
  if (state === 'pass')
    return { file, name, outcome: 'pass', ...(error ? { reason: unsteady } : {}), ...more }
  if (state === 'fail')
    return { file, name, outcome: 'fail', reason: firstLine(error), error: error ?? '', ...more }
  return { file, name, ...skipped(note), ...more }
}

function firstLine(text = ''): string {
  return text.split('\n')[0] ?? ''
}
