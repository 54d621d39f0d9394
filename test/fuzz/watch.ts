/** Tests. Fuzzes in a thread, and ends it if an input takes too much time or memory. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Effort, Found } from './fuzz.ts'

/** How long an input may keep the thread busy before it counts as endless. */
const patienceMs = 20_000
const mostMegabytes = 512
const longestShown = 2 ** 20

/** A thread for one target after the other, and a new one after it was ended. */
export interface Watched {
  /** What `fuzz` gives; an input that does not come back is a failure too. */
  fuzz: (name: string, effort: Omit<Effort, 'show'>) => Promise<Found>
  end: () => Promise<void>
}

export function watched(): Watched {
  const shared = new SharedArrayBuffer(8 + longestShown)
  let worker: Worker | undefined
  const end = async () => {
    await worker?.terminate()
    worker = undefined
  }
  return {
    end,
    async fuzz(name, effort) {
      worker ??= new Worker(new URL('./worker.mjs', import.meta.url), {
        workerData: shared,
        resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
      })
      worker.postMessage({ name, ...effort })
      const { found, isLost } = await answerOf(worker, shared)
      if (isLost) await end()
      return found
    },
  }
}

/** What the thread has found, or what became of it. Rejects if it failed before an input. */
async function answerOf(worker: Worker, shared: SharedArrayBuffer) {
  const [numbers, bytes] = [new Int32Array(shared, 0, 2), new Uint8Array(shared, 8)]
  const before = Atomics.load(numbers, 1)
  const lost = (problem: string) => {
    const input = Uint8Array.from(bytes.subarray(0, numbers[0]))
    const inputs = Atomics.load(numbers, 1) - before
    const found: Found = { inputs, taken: 0, outcomes: 0, failure: { problem, input } }
    return { found, isLost: true }
  }
  const stop = new AbortController()
  const { signal } = stop
  const idle = new Promise<string>((resolve) => {
    let last = before
    const timer = setInterval(() => {
      const now = Atomics.load(numbers, 1)
      if (now === last && now > before) resolve('it does not end')
      last = now
    }, patienceMs)
    signal.addEventListener('abort', () => clearInterval(timer))
  })
  try {
    const said = await Promise.race([once(worker, 'message', { signal }), idle])
    if (typeof said === 'string') return lost(said)
    return { found: said[0] as Found, isLost: false }
  } catch (error) {
    const { code, stack } = error as NodeJS.ErrnoException
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') return lost(`it takes more than ${mostMegabytes} MB`)
    if (Atomics.load(numbers, 1) === before) throw error
    return lost(`it threw outside the call: ${stack}`)
  } finally {
    stop.abort()
  }
}
