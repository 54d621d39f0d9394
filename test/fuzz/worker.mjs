/** Tests. A thread that fuzzes: it may hang or run out of memory, and nothing else does. */
import { parentPort, workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

register()
const { fuzz } = await import('./fuzz.ts')
const { targets } = await import('./targets.ts')
const numbers = new Int32Array(workerData, 0, 2)
const bytes = new Uint8Array(workerData, 8)

/** Put the next input where the main thread finds it, and count it. */
function show(shown) {
  bytes.set(shown.subarray(0, bytes.length))
  numbers[0] = Math.min(shown.length, bytes.length)
  Atomics.add(numbers, 1, 1)
}

parentPort.on('message', async ({ name, ...effort }) => {
  const target = targets.find((each) => each.name === name)
  parentPort.postMessage(await fuzz(target, { ...effort, show }))
})
