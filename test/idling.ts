/** Benchmark. Containers that live on and do nothing: what each costs, and what it costs others. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'zx'
import { importBusybox } from '../runtime/05-commit/busybox-image.ts'
import { end } from '../runtime/container/end.ts'
import { runningContainers } from '../runtime/container/find.ts'
import { tryRead } from '../runtime/files.ts'
import { statFields } from '../runtime/process.ts'
import { busyboxBinary } from '../runtime/setup/busybox.ts'
import type { Container } from '../runtime/options.ts'
import type { Contest } from './contests.ts'
import { startIdle } from './in-process.ts'
import { runtimeOn } from './rows.ts'
import { program } from './stepbox.ts'

const count = 500

/** A cold `run -d` beside many that idle, against one alone; and the memory of each. */
export async function* idling(dir: string): AsyncGenerator<Contest> {
  const [crowded, empty] = [join(dir, 'crowded'), join(dir, 'empty')]
  for (const root of [crowded, empty]) await importBusybox(root, busyboxBinary())
  const began = performance.now()
  for (let made = 0; made < count; made++) await startIdle(await runtimeOn(crowded))
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
    notes: [
      `${idle.length} idle: started in ${seconds.toFixed(1)} s; private memory: ${ofEach}`,
      ...(await ofConmon(join(dir, 'conmon'))),
      await ofChecks(empty),
    ],
  }
  const runtime = await runtimeOn(crowded)
  await Promise.all(idle.map((container) => end(runtime, container)))
}

/** What it costs to check containers: each of some, every second, for a while. */
async function ofChecks(root: string): Promise<string> {
  const [many, seconds] = [20, 5]
  const Healthcheck = { Test: ['CMD', 'true'], Interval: 1e9 }
  const all: Container[] = []
  for (let made = 0; made < many; made++)
    all.push(await startIdle(await runtimeOn(root), { config: { Healthcheck } }))
  const ticks = () => all.reduce((sum, { monitor }) => sum + ticksOf(monitor.pid), 0)
  const before = ticks()
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const milliseconds = ((ticks() - before) * 10) / (many * seconds)
  const memory = mean(all.map(({ monitor }) => privateKilobytes(monitor.pid)))
  const runtime = await runtimeOn(root)
  await Promise.all(all.map((container) => end(runtime, container)))
  return `a health check: ${milliseconds.toFixed(1)} ms of a processor; its monitor ${memory} kB`
}

/** Time on a processor, of a process and of those it has waited for, in hundredths of a second. */
function ticksOf(pid: number): number {
  return (statFields(pid) ?? []).slice(14, 18).reduce((sum, each) => sum + Number(each), 0)
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

/** The same of conmon, which waits for a container of podman's or CRI-O's; nothing without it. */
async function ofConmon(dir: string): Promise<string[]> {
  const rootfs = join(dir, 'rootfs/bin')
  mkdirSync(rootfs, { recursive: true })
  copyFileSync(busyboxBinary(), join(rootfs, 'sleep'))
  const name = `stepbox-bench-${process.pid}`
  const runc = ['--root', join(dir, 'runc')]
  const files = ['-b', dir, '-l', `k8s-file:${dir}/log`, '-p', `${dir}/pid`, '--exit-dir', dir]
  const more = ['--runtime-arg', runc.join('='), '--conmon-pidfile', `${dir}/conmon`]
  try {
    await $({ cwd: dir })`runc spec`
    const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as RuncConfig
    Object.assign(config.process, { terminal: false, args: ['/bin/sleep', '100000'] })
    config.linux.cgroupsPath = `/${name}`
    writeFileSync(join(dir, 'config.json'), JSON.stringify(config))
    const which = (await $`command -v runc`).stdout.trim()
    await $`conmon --api-version 1 -c ${name} -u ${name} -r ${which} ${files} ${more}`
    const pid = Number(readFileSync(join(dir, 'conmon'), 'utf8'))
    return [`conmon: private memory ${privateKilobytes(pid)} kB`]
  } catch {
    return [] // ignoring: it is not installed here, or cannot run
  } finally {
    await $`runc ${runc} delete -f ${name}`.nothrow()
  }
}

interface RuncConfig {
  process: object
  linux: { cgroupsPath: string }
}
