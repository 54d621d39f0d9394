/**
 * Benchmark. Hosts with two containers on a bridge, each in a network namespace with a machine
 * beside it: one for each program that runs containers here.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { $ } from 'zx'
import { execute, program, rootIn, rootfsIn } from './contests.ts'

/** A host; processes are known by their pids, and their networks by these. */
export interface BridgedHost {
  name: string
  /** In the container that serves at `address`, in the one beside it, and outside of the host. */
  server: number
  client: number
  outside: number
  address: string
}

/** Where the server's port is reached from outside. */
export const published = { address: '192.0.2.1', port: 5201 }

/** Run a program in the network of a process. */
export function inNetworkOf(pid: number, ...argv: string[]): Promise<void> {
  return execute('nsenter', '-t', String(pid), '-n', ...argv)
}

/** Ours first. Who cannot be set up here is left out, and `failures` says why. */
export async function hostsWithBridges(dir: string) {
  const hosts: BridgedHost[] = []
  const failures: string[] = []
  const processes: ChildProcess[] = []
  const undo: (() => Promise<unknown>)[] = []
  const place = { dir, processes, undo }
  for (const [name, prepare] of Object.entries({
    'ours': ours,
    "dockerd's bridge": docker,
    "podman's bridge": podman,
  }))
    try {
      hosts.push({ name, ...(await prepare(place)) })
    } catch (error) {
      const [line] = String((error as Error).message).trim().split('\n')
      failures.push(`${name}: not measured: ${line}`)
    }
  const clear = async () => {
    for (const each of undo.reverse()) await each().catch(() => {}) // ignoring: it is gone
    for (const each of processes.reverse()) {
      const ended = each.exitCode === null ? once(each, 'exit') : undefined
      each.kill('SIGTERM')
      await ended
    }
  }
  return { hosts, failures, clear }
}

interface Place {
  dir: string
  processes: ChildProcess[]
  /** What is to be done before the processes end, in reverse. */
  undo: (() => Promise<unknown>)[]
}

async function ours(place: Place) {
  const root = await rootIn(place.dir, 'bridge')
  const pids = await twoMachines(place)
  const client = [process.execPath, program, '--root', root]
  return withContainers(place, { pids, client, image: ['busybox'] })
}

async function docker(place: Place) {
  const { dir, processes } = place
  const pids = await twoMachines(place)
  const host = `unix://${dir}/docker.sock`
  const places = `--data-root ${dir}/docker --exec-root ${dir}/docker-run -p ${dir}/docker.pid`
  const groups = '--exec-opt native.cgroupdriver=cgroupfs --default-ulimit nofile=1024:20000'
  const command = `exec dockerd ${places} ${groups} -H ${host} 2> ${dir}/docker.log`
  const words = ['-t', String(pids.host), '-n', '-m', 'sh', '-c', command]
  const daemon = spawn('nsenter', words, { stdio: 'ignore' })
  processes.push(daemon)
  const client = ['docker', '-H', host]
  while ((await $`${client} version`.nothrow()).exitCode !== 0) {
    if (daemon.exitCode !== null) throw new Error('dockerd does not start here')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const rootfs = await rootfsIn(join(dir, 'docker-rootfs'))
  await $`tar -C ${rootfs} -c . | ${client} import - busybox`
  return withContainers(place, { pids, client, image: ['busybox'] })
}

async function podman(place: Place) {
  const { dir } = place
  const pids = await twoMachines(place)
  await execute('nsenter', '-t', String(pids.host), '-m', 'sh', '-c', ownState)
  const rootfs = await rootfsIn(join(dir, 'podman-rootfs'))
  const roots = ['--root', `${dir}/podman-bridge`, '--runroot', `${dir}/podman-bridge-run`]
  const client = ['podman', ...roots, '--runtime', 'runc', '--cgroup-manager', 'cgroupfs']
  const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024']
  return withContainers(place, { pids, client, image: [...limits, '--rootfs', rootfs] })
}

/** Which addresses its containers have is not below its roots. */
const ownState = 'mkdir -p /var/lib/cni; mount -t tmpfs tmpfs /var/lib/cni'

/** A host and a machine beside it, with a cable between them. */
async function twoMachines({ processes }: Place) {
  const apart = ['-n', '-m', '--propagation', 'private']
  const holders = [1, 2].map(() => spawn('unshare', [...apart, 'sleep', '100000']))
  processes.push(...holders)
  const [host = 0, outside = 0] = holders.map(({ pid }) => pid)
  const own = readlinkSync('/proc/self/ns/mnt')
  const isEntered = (pid: number) => readlinkSync(`/proc/${pid}/ns/mnt`) !== own
  while (![host, outside].every(isEntered)) await new Promise((resolve) => setTimeout(resolve, 5))
  const peer = ['type', 'veth', 'peer', 'name', 'up0', 'netns', String(outside)]
  await inNetworkOf(host, 'ip', 'link', 'add', 'up0', ...peer)
  for (const [pid, address] of [[host, published.address], [outside, '192.0.2.2']] as const) {
    for (const name of ['lo', 'up0']) await inNetworkOf(pid, 'ip', 'link', 'set', name, 'up')
    await inNetworkOf(pid, 'ip', 'address', 'add', `${address}/24`, 'dev', 'up0')
  }
  return { host, outside }
}

interface Containers {
  pids: Record<'host' | 'outside', number>
  /** The words of a command line up to what is docker's: `run`, `inspect`, `rm`. */
  client: string[]
  /** The words that name the image, and flags before it. */
  image: string[]
}

/** Two containers, in the first of which iperf3 answers. */
async function withContainers(
  { processes, undo }: Place,
  { pids, client, image }: Containers,
) {
  const on = ['nsenter', '-t', String(pids.host), '-n', '-m', ...client]
  const names = ['server', 'client'].map((name) => `bench-${name}`)
  undo.push(() => $`${on} rm -f ${names}`)
  const ports = ['-p', `${published.port}:${published.port}`]
  for (const [at, name] of names.entries())
    await $`${on} run -d --name ${name} ${at === 0 ? ports : []} ${image} sleep 100000`
  const asked = async (name = '', what: string) =>
    (await $`${on} inspect --format ${`{{${what}}}`} ${name}`).stdout.trim()
  const [server, other] = await Promise.all(
    names.map(async (name) => Number(await asked(name, '.State.Pid'))),
  )
  const address = await asked(names[0], '.NetworkSettings.IPAddress')
  if (!server || !other || !address) throw new Error('no container with an address')
  const serving = spawn('nsenter', ['-t', String(server), '-n', 'iperf3', '-s', '--forceflush'])
  processes.push(serving)
  await Promise.race([once(serving.stdout, 'data'), once(serving, 'exit')])
  if (serving.exitCode !== null) throw new Error('iperf3 does not start here')
  return { server, client: other, outside: pids.outside, address }
}
