/** Benchmark. The contests: what Stepbox does, and others doing the same. zx prepares them. */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { $ } from 'zx'
import { busyboxBinary } from '../runtime/setup/busybox.ts'
import { importBusybox } from '../runtime/05-commit/busybox-image.ts'
import { busyboxRoot, readBusybox, writeRootfs } from '../runtime/03-pivot-root/busybox.ts'
import { tracer } from '../runtime/cli/trace.ts'
import { layerDirs } from '../runtime/05-commit/layer/dirs.ts'
import type { Runtime } from '../runtime/chapter.ts'
import { rowOf, runtimeOn } from './rows.ts'
import { begin, finish } from '../runtime/container/run.ts'
import { resolve } from '../runtime/05-commit/store/store.ts'

interface Contender {
  name: string
  /** Do it once. Throws when it cannot be done here. */
  run: () => Promise<void>
}

export interface Contest {
  what: string
  ours: () => Promise<void>
  /** The first is the one that the budget is about. */
  theirs: Contender[]
  /** At most so many times as long as the first of the others. */
  budget?: number
  /** The share of the usual number of rounds, for what takes long. */
  share?: number
  /** What else was measured, in words. */
  notes?: string[]
}

$.quiet = true

export const program = join(import.meta.dirname, '../dist/stepbox.cjs')
const dockerImage = 'stepbox-bench'

/** What a network costs has rows of its own. */
export const runTrue = ['run', '--rm', '--network=none', 'busybox', 'true']
const path = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'

/** A container of chapter 4 from a process that runs already, against those that are programs. */
export async function* inProcess(dir: string): AsyncGenerator<Contest> {
  const root = await rootIn(dir, 'start')
  const image = resolve(root, 'busybox')
  const rootfs = await rootfsIn(join(dir, 'rootfs'))
  const bundle = await runcBundle(dir, rootfs)
  const bwrap = ['--unshare-all', '--bind', rootfs, '/', '--proc', '/proc', '--dev', '/dev', 'true']
  const podman = ['--root', join(dir, 'podman'), '--runroot', join(dir, 'podman-run')]
  const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']
  let count = 0
  yield {
    what: 'start, in process',
    ours: () => start(root, image),
    theirs: [
      { name: 'bwrap --unshare-all', run: () => execute('bwrap', ...bwrap) },
      {
        name: 'unshare -fpmniu --root',
        run: () => execute('unshare', '-fpmniu', `--root=${rootfs}`, '/bin/true'),
      },
      {
        name: 'runc run',
        run: () => execute('runc', '--root', join(dir, 'runc'), 'run', '-b', bundle, `b${count++}`),
      },
    ],
    budget: 1.5,
  }
  const command = ['run', '--rm', '--network=none', ...limits, '--rootfs', rootfs, 'true']
  const all = [...podman, '--runtime=runc', '--cgroup-manager=cgroupfs', ...command]
  yield {
    what: 'start, from the shell',
    ours: () => execute(program, '--root', root, ...runTrue),
    theirs: [
      { name: 'podman run', run: () => execute('podman', ...all) },
      { name: 'docker run', run: () => dockerRun(rootfs) },
    ],
    share: 0.1,
  }
  await $`docker image rm --force ${dockerImage}`.nothrow()
}

/** The whole command, cold, against Node doing nothing. */
export async function* onCommandLine(dir: string): AsyncGenerator<Contest> {
  const root = await rootIn(dir, 'start')
  yield {
    what: 'stepbox run, cold',
    ours: () => execute(program, '--root', root, ...runTrue),
    theirs: [
      { name: 'node -e 0', run: () => execute(process.execPath, '-e', '0') },
      { name: 'stepbox --version', run: () => execute(program, '--version') },
      {
        name: 'stepbox run, with a network',
        run: () => execute(program, '--root', root, 'run', '--rm', 'busybox', 'true'),
      },
    ],
    budget: 1.6,
  }
  await $`${program} --root ${root} run -d --name=box busybox sleep 1000`
  try {
    yield {
      what: 'stepbox exec, cold',
      ours: () => execute(program, '--root', root, 'exec', 'box', 'true'),
      theirs: [
        {
          name: 'stepbox run',
          run: () => execute(program, '--root', root, ...runTrue),
        },
      ],
      budget: 1,
    }
  } finally {
    await $`${program} --root ${root} rm -f box`
  }
}

/** What must make no difference: how large the image is, how many containers there are. */
export async function* sameEverywhere(dir: string): AsyncGenerator<Contest> {
  const root = await rootIn(dir, 'start')
  const small = resolve(root, 'busybox')
  const fill = 'dd if=/dev/zero of=/large bs=1M count=500 2>/dev/null'
  await $`${program} --root ${root} run --name=large busybox sh -c ${fill}`
  await $`${program} --root ${root} commit large large`
  const large = resolve(root, 'large')
  yield {
    what: 'start, image of 500 MB',
    ours: () => start(root, large),
    theirs: [{ name: 'start, image of 2 MB', run: () => start(root, small) }],
    budget: 1.1,
  }
  const crowded = await rootIn(dir, 'crowded')
  const image = resolve(crowded, 'busybox')
  for (let i = 0; i < 200; i++) await start(crowded, image, { rm: false })
  yield {
    what: 'start, beside 200 others',
    ours: () => start(crowded, image),
    theirs: [{ name: 'start, alone', run: () => start(root, small) }],
    budget: 1.1,
  }
}

const prepared = new Map<string, { runtime: Runtime; chapter: number }>()

/** Loaded once, as in a program that lives on: with tsx, each `import()` costs milliseconds. */
async function preparedFor(root: string) {
  const known = prepared.get(root)
  if (known) return known
  const made = { runtime: await runtimeOn(root), chapter: (await rowOf('overlay')).number }
  prepared.set(root, made)
  return made
}

/** `run()` of `true` as the command line would call it. */
export async function start(
  root: string,
  image: ReturnType<typeof resolve>,
  { rm = true, isTraced = false } = {},
): Promise<void> {
  const { name, id, manifest, layers } = image
  const diffIds = layers.map(({ diffId }) => diffId)
  const { runtime, chapter } = await preparedFor(root)
  const trace = tracer(() => {})
  const started = await begin(runtime, {
    chapter,
    argv: ['true'],
    env: [path],
    rm,
    image: { name, id, manifest: manifest.digest, diffIds },
    layers: () => layerDirs(root, image),
    stdio: ['ignore', 'ignore', 'ignore'],
    ...(isTraced ? { mode: 'trace' } : {}),
  })
  if (isTraced) trace.begin(started.plan)
  if (isTraced) for await (const report of started.reports) trace.report(report)
  const { exitCode } = await finish(runtime, started)
  if (isTraced) trace.end()
  if (exitCode !== 0) throw new Error(`the container exited with ${exitCode}`)
}

/** A data root of this name with busybox in it; made when it is first asked for. */
export async function rootIn(dir: string, name: string): Promise<string> {
  const root = join(dir, name)
  await importBusybox(root, busyboxBinary())
  return root
}

export async function rootfsIn(dir: string): Promise<string> {
  mkdirSync(dir)
  writeRootfs(dir, busyboxRoot(await readBusybox(busyboxBinary())))
  return dir
}

/** What runc wants: a config.json, its own proposal with another command and without a terminal. */
async function runcBundle(dir: string, rootfs: string): Promise<string> {
  const bundle = join(dir, 'bundle')
  mkdirSync(bundle)
  try {
    await $`runc spec -b ${bundle}`
    const file = join(bundle, 'config.json')
    const config = JSON.parse(readFileSync(file, 'utf8')) as {
      process: { terminal: boolean; args: string[]; rlimits: unknown[] }
      root: { path: string; readonly: boolean }
    }
    Object.assign(config.process, { terminal: false, args: ['true'], rlimits: [] })
    config.root = { path: rootfs, readonly: false }
    writeFileSync(file, JSON.stringify(config))
  } catch {
    // ignoring: without runc there is no bundle, and the contender will say so
  }
  return bundle
}

/** Docker runs images only, so one is made the first time, from the same root file system. */
async function dockerRun(rootfs: string): Promise<void> {
  const { exitCode } = await $`docker image inspect ${dockerImage}`.nothrow()
  if (exitCode !== 0)
    await $`docker version && tar -C ${rootfs} -c . | docker import - ${dockerImage}`
  await execute('docker', 'run', '--rm', '--network=none', dockerImage, 'true')
}

/** Run a program to its end, without zx: the time of its shell would be measured as well. */
export async function execute(command: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(command, args)
}
