/** A virtual machine that carries out one order after the other. */
import { hearLines } from '../../lab/grade/apart.ts'
import type { AskedOrder, Task, WorkerEnd } from '../../lab/grade/workers.ts'
import type { Vm } from '../../vm/vm.ts'
import { endIn, type InsideOrder } from './grade-inside.ts'

export interface GradingVm {
  /** It runs, and no order is being carried out. */
  isIdle(): boolean
  run(order: AskedOrder, task: Task): Promise<WorkerEnd>
  end(): Promise<void>
}

/** Beyond the time of a worker, for its start and its end. */
const graceMs = 120_000

/** Ends an order: `said` is what the machine said of it, if it did. */
type Settle = (how: WorkerEnd['how'], because: string, said?: WorkerEnd) => void

export function gradingVmOf(vm: Vm): GradingVm {
  let [isAlive, isBusy] = [true, false]
  const port = listenTo(vm)
  const gone = vm.ended.then((end) => {
    isAlive = false
    const why = 'why' in end ? end.why : port.errors() || `its exit code was ${end.exitCode}`
    return `the virtual machine ended: ${why}`
  })
  const run = async (order: AskedOrder, { onLine, milliseconds, signal }: Task) => {
    isBusy = true
    const line: InsideOrder = { order, milliseconds }
    const { promise, settle } = settled(() => {
      isAlive = false
      vm.kill()
    })
    port.hear(onLine, settle)
    void gone.then((why) => settle('crashed', why))
    const timer = setTimeout(() => settle('late', ''), milliseconds + graceMs)
    const onAbort = () => settle('stopped', '')
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
    vm.stdin.write(`${JSON.stringify(line)}\n`)
    return await promise.finally(() => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      isBusy = false
    })
  }
  const end = async () => {
    vm.kill()
    await gone
  }
  return { isIdle: () => isAlive && !isBusy, run, end }
}

/** A promise for the end of an order; `cut` ends the machine if the worker did not say its end. */
function settled(cut: () => void) {
  let resolve: (end: WorkerEnd) => void = () => {}
  const promise = new Promise<WorkerEnd>((done) => (resolve = done))
  let isOver = false
  const settle: Settle = (how, because, said) => {
    if (isOver) return
    isOver = true
    if (!said) cut()
    resolve(said ?? { how, because, lacking: [] })
  }
  return { promise, settle }
}

/** Hears what a machine says: the lines of workers, and their ends. */
function listenTo({ stdout, stderr }: Vm) {
  let errors = ''
  let onLine = (_line: string) => {}
  let settle: Settle = () => {}
  const hearLine = (line: string) => {
    const end = endIn(line)
    if (end) settle(end.how, end.because, end)
    else onLine(line)
  }
  const tooMuch = () => settle('crashed', 'the virtual machine said too much')
  const recount = hearLines(stdout, hearLine, tooMuch)
  stderr.on('data', (bytes: Buffer) => (errors = (errors + bytes.toString()).slice(-2000)))
  return {
    errors: () => errors.trim(),
    hear: (each: typeof onLine, how: typeof settle) => {
      ;[onLine, settle] = [each, how]
      recount()
    },
  }
}
