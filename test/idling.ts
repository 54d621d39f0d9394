/** Benchmark. Containers that live on and do nothing: what each costs, and what it costs others. */
import { join } from 'node:path'
import { $ } from 'zx'
import { importBusybox } from '../runtime/05-commit/busybox-image.ts'
import { layerDirs } from '../runtime/05-commit/layer/dirs.ts'
import { resolve } from '../runtime/05-commit/store/store.ts'
import { end } from '../runtime/container/end.ts'
import { runningContainers } from '../runtime/container/find.ts'
import { begin, finish } from '../runtime/container/run.ts'
import { tryRead } from '../runtime/files.ts'
import { statFields } from '../runtime/process.ts'
import { busyboxBinary } from '../runtime/setup/busybox.ts'
import type { Contest } from './contests.ts'
import { runtimeOn } from './rows.ts'
import { program } from './stepbox.ts'

const count = 500

/** A cold `run -d` beside many that idle, against one alone; and the memory of each. */
export async function* idling(dir: string): AsyncGenerator<Contest> {
  const [crowded, empty] = [join(dir, 'crowded'), join(dir, 'empty')]
  for (const root of [crowded, empty]) await importBusybox(root, busyboxBinary())
  const began = performance.now()
  for (let made = 0; made < count; made++) await startIdle(crowded)
  const seconds = (performance.now() - began) / 1000
  const idle = runningContainers(crowded)
  const monitors = idle.map(({ monitor }) => privateKilobytes(monitor.pid))
  const starts = idle.map(({ init }) => privateKilobytes(Number(statFields(init?.pid ?? 0)?.[4])))
  const ofEach = `monitor ${mean(monitors)} kB, start ${mean(starts)} kB`
  yield {
    what: `run -d beside ${count}`,
    ours: () => runOne(crowded),
    theirs: [{ name: 'run -d alone', run: () => runOne(empty) }],
    budget: 1.1,
    share: 0.25,
    notes: [`${idle.length} idle: started in ${seconds.toFixed(1)} s; private memory: ${ofEach}`],
  }
  const runtime = await runtimeOn(crowded)
  await Promise.all(idle.map((container) => end(runtime, container)))
}

async function startIdle(root: string): Promise<void> {
  const runtime = await runtimeOn(root)
  const image = resolve(root, 'busybox')
  const { name, id, manifest, layers } = image
  const started = await begin(runtime, {
    chapter: runtime.rows.at(-1)?.number ?? 0,
    argv: ['sleep', '100000'],
    env: ['PATH=/bin'],
    detach: true,
    image: { name, id, manifest: manifest.digest, diffIds: layers.map(({ diffId }) => diffId) },
    layers: () => layerDirs(root, image),
    stdio: ['ignore', 'ignore', 'ignore'],
  })
  const { livesOn } = await finish(runtime, started)
  if (!livesOn) throw new Error('a container that should idle has ended')
}

async function runOne(root: string): Promise<void> {
  await $`${process.execPath} ${program} --root ${root} run -d --rm busybox true`
}

function mean(numbers: number[]): number {
  return Math.round(numbers.reduce((sum, each) => sum + each, 0) / numbers.length)
}

/** Memory that no other process shares (proc_pid_smaps(5)). */
function privateKilobytes(pid: number): number {
  const lines = tryRead(`/proc/${pid}/smaps_rollup`)?.matchAll(/^Private_\w+: +(\d+)/gm) ?? []
  return [...lines].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0)
}
