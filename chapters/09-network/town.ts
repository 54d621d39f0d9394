/** Tests. A host with containers and a machine beside it, each in a network namespace. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { expect, onTestFinished, type TestContext } from 'vitest'
import { onPath } from '../../runtime/tools/programs.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { until } from '../../test/detached.ts'
import { needs } from '../../test/scratch.ts'
import { program, type Ended } from '../../test/stepbox.ts'

/** The addresses of the host and of its neighbour, on the cable between them. */
export const addresses = {
  host: '192.0.2.1',
  outside: '192.0.2.2',
  host6: '2001:db8::1',
  outside6: '2001:db8::2',
}

/** The host, its neighbour, or a process in whose network it is. */
export type Side = 'host' | 'outside' | number

export interface Town {
  root: string
  /** A process in the network of each. */
  pids: Record<'host' | 'outside', number>
  /** Run a program of this machine in a side's network to its end, for 30 seconds at most. */
  on: (side: Side, argv: string[]) => Ended
  /** The same with `stepbox`, on the host. */
  stepbox: (...args: string[]) => Ended
  /** Start a container; gives the pid of its first process. */
  run: (name: string, flags: string[], ...argv: string[]) => Side
  /** Start a program in a side's network, which is killed after the test. */
  start: (side: Side, argv: string[]) => void
}

/** A town in which tests of a network can be: they are left out where it cannot be built. */
export async function begunTown(context: TestContext): Promise<Town> {
  needs(context, 'root', 'overlay', 'container-links', 'nft')
  if (!canBuild()) context.skip('it takes iproute2, nftables, util-linux and busybox')
  return town(await rootWithBusybox())
}

/** Whether the programs that the tests build a town with are there. */
export function canBuild(): boolean {
  return ['unshare', 'nsenter', 'ip', 'nft', 'busybox', 'timeout'].every((each) => onPath(each))
}

/** Both go away with the test, and the containers on the host too. */
export async function town(root: string): Promise<Town> {
  const pids = { host: await namespace(), outside: await namespace() }
  const env = { PATH: process.env['PATH'] ?? '', STEPBOX_ROOT: root }
  const entering = (side: Side) => {
    return ['-t', String(typeof side === 'number' ? side : pids[side]), '-n']
  }
  const on = (side: Side, argv: string[]): Ended => {
    const all = [...entering(side), 'timeout', '30', ...argv]
    const { status, signal, stdout, stderr } = spawnSync('nsenter', all, { encoding: 'utf8', env })
    return { code: status, signal, out: stdout, err: stderr }
  }
  const stepbox = (...args: string[]) => on('host', [process.execPath, '--', program, ...args])
  const run: Town['run'] = (name, flags, ...argv) => {
    const words = argv.length > 0 ? argv : ['sleep', '600']
    const { err } = stepbox('run', '-d', '--name', name, ...flags, 'busybox', ...words)
    expect(err).toBe('')
    return Number(stepbox('inspect', '-f', '{{.State.Pid}}', name).out)
  }
  const start: Town['start'] = (side, argv) => {
    const child = spawn('nsenter', [...entering(side), ...argv], { env, stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
  }
  const { host, outside, host6, outside6 } = addresses
  const lines = [
    `link add up0 type veth peer name up0 netns ${pids.outside}`,
    'link set lo up',
    'link set up0 up',
  ]
  for (const line of lines) on('host', ['ip', ...line.split(' ')])
  for (const line of lines.slice(1)) on('outside', ['ip', ...line.split(' ')])
  const give = (side: Side, four: string, six: string) => {
    on(side, ['ip', 'address', 'add', `${four}/24`, 'dev', 'up0'])
    on(side, ['ip', 'address', 'add', `${six}/64`, 'dev', 'up0', 'nodad'])
  }
  give('host', host, host6)
  give('outside', outside, outside6)
  onTestFinished(() => {
    const left = stepbox('ps', '-aq').out.split('\n').filter(Boolean)
    if (left.length > 0) stepbox('rm', '-f', ...left)
  })
  return { root, pids, on, stepbox, run, start }
}

/** The pid of a process that holds a new one until the test ends. */
async function namespace(): Promise<number> {
  const holder: ChildProcess = spawn('unshare', ['-n', 'sh', '-c', 'echo; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void holder.kill('SIGKILL'))
  let isReady = false
  holder.stdout?.once('data', () => (isReady = true))
  await until(() => isReady)
  return holder.pid ?? 0
}
