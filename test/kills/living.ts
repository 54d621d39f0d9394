/** Tests. Commands on containers that live on, to be killed in; and the processes of these. */
import { existsSync } from 'node:fs'
import { runningContainers } from '../../runtime/container/find.ts'
import { runningMark } from '../../runtime/container/state.ts'
import type { Container } from '../../runtime/options.ts'
import { busyboxBinary } from '../../runtime/setup/busybox.ts'
import { identify, isAlive, statFields } from '../../runtime/process.ts'
import { stepbox } from '../stepbox.ts'
import type { Deed } from './deed.ts'
import type { Member } from './tree.ts'

/** How long a container that ends may take for it. */
const patienceMs = 60_000

const obedient = 'trap "exit 0" TERM; sleep 1000 & wait'
const deaf = 'trap "" TERM; sleep 1000 & wait'

/** Each ends the container that it is about, or finds it ended; whoever is killed. */
export const living: Record<string, (root: string, n: number) => Promise<Deed>> = {
  'run -d': async (_, n) => about(n, [['run', '-d', ...nameOf(n), 'busybox', 'false']]),
  'run -d --rm': async (_, n) => about(n, [['run', '-d', '--rm', ...nameOf(n), 'busybox', 'true']]),
  'start': async (root, n) => {
    await stepbox(['create', ...nameOf(n), 'busybox', 'sh', '-c', 'exit 4'], { root })
    return about(n, [['start', `box${n}`]])
  },
  'stop': async (root, n) => about(await lives(root, n), [['stop', '-t', '1', `box${n}`]]),
  'kill': async (root, n) => about(await lives(root, n), [['kill', `box${n}`]]),
  'rm -f': async (root, n) => about(await lives(root, n), [['rm', '-f', `box${n}`]]),
  'wait': async (root, n) =>
    about(await lives(root, n, { script: 'sleep 0.1' }), [['wait', `box${n}`]]),
  'restart': async (root, n) => about(await lives(root, n), [['restart', '-t', '1', `box${n}`]]),
  'stop and kill at once': async (root, n) =>
    about(await lives(root, n), [['stop', '-t', '1', `box${n}`], ['kill', `box${n}`]]),
  'run -d --init': async (_, n) =>
    about(n, [['run', '-d', '--init', ...nameOf(n), 'busybox', 'sh', '-c', 'true & exit 3']]),
  'run -d --restart': async (_, n) =>
    about(n, [['run', '-d', '--restart', 'on-failure:1', ...nameOf(n), 'busybox', 'false']]),
  'stop, and its grace': async (root, n) =>
    about(await lives(root, n, { script: deaf }), [['stop', '-t', '1', `box${n}`]]),
  'stop of one with --init': async (root, n) =>
    about(await lives(root, n, { flags: ['--init'] }), [['stop', '-t', '1', `box${n}`]]),
  'pause': async (root, n) => about(await lives(root, n), [['pause', `box${n}`]]),
  'unpause': async (root, n) => {
    await stepbox(['pause', `box${await lives(root, n)}`], { root })
    return about(n, [['unpause', `box${n}`]])
  },
  'update': async (root, n) =>
    about(await lives(root, n), [['update', '--restart', 'always', `box${n}`]]),
  'logs -f': async (root, n) =>
    about(await lives(root, n, { script: 'echo; sleep 0.1' }), [['logs', '-f', `box${n}`]]),
  'start -a': async (root, n) => {
    await stepbox(['create', ...nameOf(n), 'busybox', 'sh', '-c', 'exit 4'], { root })
    return about(n, [['start', '-a', `box${n}`]])
  },
  'exec': async (root, n) => about(await lives(root, n), [['exec', `box${n}`, 'true']]),
  'exec -d': async (root, n) => about(await lives(root, n), [['exec', '-d', `box${n}`, 'true']]),
  'attach': async (root, n) =>
    about(await lives(root, n, { script: 'sleep 0.3; exit 4' }), [['attach', `box${n}`]]),
  'cp into a container that runs': async (root, n) =>
    about(await lives(root, n), [['cp', busyboxBinary(), `box${n}:/new`]]),
  'cp into one that does not run': async (root, n) => {
    await stepbox(['create', ...nameOf(n), 'busybox', 'true'], { root })
    return about(n, [['cp', busyboxBinary(), `box${n}:/new`]])
  },
  'rename': async (root, n) => {
    await stepbox(['create', ...nameOf(n), 'busybox', 'true'], { root })
    const clear = () => stepbox(['rm', `box${n}`, `renamed${n}`], { root }) // one of them is there
    return { commands: [['rename', `box${n}`, `renamed${n}`]], code: 0, clear }
  },
  'container prune': async (root, n) => {
    await stepbox(['create', '--label', `n=${n}`, ...nameOf(n), 'busybox', 'true'], { root })
    return about(n, [['container', 'prune', '-f', '--filter', `label=n=${n}`]])
  },
  'a restart policy': async (root, n) => {
    await lives(root, n, { script: 'exit 1', flags: ['--restart', 'on-failure:2'] })
    return about(n, [['wait', `box${n}`]])
  },
}

interface Life {
  script?: string
  flags?: string[]
}

export function nameOf(n: number): string[] {
  return ['--name', `box${n}`]
}

export async function lives(root: string, n: number, { script = obedient, flags = [] }: Life = {}) {
  const args = ['run', '-d', ...flags, ...nameOf(n), 'busybox', 'sh', '-c', script]
  await stepbox(args, { root })
  return n
}

/** Whether the commands end well depends on who is killed; the container's end does not. */
export function about(n: number, commands: string[][]): Deed {
  const named = (root: string) => runningContainers(root).find(({ name }) => name === `box${n}`)
  return {
    commands,
    others: (root) => membersOf(named(root)),
    calm: async (root) => {
      const container = named(root)
      const goesOn = container?.status === 'running' || container?.restart?.name === 'always'
      if (container && isAlive(container.monitor) && goesOn)
        await stepbox(['rm', '-f', `box${n}`], { root })
      const end = performance.now() + patienceMs
      const isMarked = (id: string) => existsSync(runningMark(root, id)) && performance.now() < end
      while (container && isAlive(container.monitor) && isMarked(container.id))
        await new Promise((resolve) => setTimeout(resolve, 5))
    },
    clear: (root) => stepbox(['rm', '-f', `box${n}`], { root }),
  }
}

/** Its monitor, the process of this start, and its first process. */
function membersOf(container: Container | undefined): Member[] {
  const { monitor, init } = container ?? {}
  if (!monitor || !init) return []
  const parent = Number(statFields(init.pid)?.[4] ?? 1)
  const start = parent > 1 && parent !== monitor.pid ? identify(parent) : undefined
  return [
    { id: monitor, what: 'monitor' },
    ...(start ? [{ id: start, what: 'start' as const }] : []),
    { id: init, what: 'container' },
  ]
}
