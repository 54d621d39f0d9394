/** Tests. A dockerd until the end of the test, beside any other: what Docker does is measured. */
import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished, type TestContext } from 'vitest'
import { namesIn } from '../runtime/files.ts'
import { rootWithBusybox, unpacked } from './busybox.ts'
import { needs, scratch } from './scratch.ts'
import type { Ended } from './stepbox.ts'

/** Debian's client, whose version is that of the daemon; another may come first on the PATH. */
export const dockerClient = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker'

export interface Dockerd {
  /** Run `docker args…` to its end. */
  docker: (...args: string[]) => Promise<Pick<Ended, 'code' | 'out' | 'err'>>
  /** For `docker -H`. */
  host: string
  /** Where it keeps what `docker inspect` gives no access to: `containers/<id>/…`. */
  data: string
}

/**
 * Start a dockerd with one image, busybox: that of `rootWithBusybox`. It has a mount namespace and
 * no network, or one of its own; its containers' groups are below one of its own.
 */
export async function dockerd(
  context: TestContext,
  { hasNetwork = false } = {},
): Promise<Dockerd> {
  needs(context, 'root', 'overlay', 'unshare', 'dockerd', 'docker')
  const dir = scratch()
  const host = `unix://${dir}/d.sock`
  const docker: Dockerd['docker'] = (...args) =>
    new Promise((resolve) => {
      const env = { PATH: process.env['PATH'], HOME: dir, DOCKER_HOST: host }
      execFile('docker', args, { env, maxBuffer: 2 ** 28 }, (error, out, err) => {
        const code = error ? (typeof error.code === 'number' ? error.code : null) : 0
        resolve({ code, out, err })
      })
    })
  await start({ dir, host, hasNetwork })
  const [layer = ''] = await unpacked(await rootWithBusybox())
  const script = 'tar -C "$1" -c . | docker -H "$2" import - busybox'
  await promisify(execFile)('bash', ['-ec', script, 'bash', layer, host])
  return { docker, host, data: join(dir, 'd') }
}

const noNetwork = '--bridge=none --iptables=false'

interface Starting {
  dir: string
  host: string
  hasNetwork: boolean
}

/** Resolves when it answers: it listens once it is ready. */
async function start({ dir, host, hasNetwork }: Starting): Promise<void> {
  const parent = basename(dir)
  const places = `--data-root ${dir}/d --exec-root ${dir}/e -p ${dir}/d.pid -H ${host}`
  const groups = `--exec-opt native.cgroupdriver=cgroupfs --cgroup-parent /${parent}`
  const network = hasNetwork ? '--default-ulimit nofile=1024:20000' : noNetwork
  const ready = hasNetwork ? 'ip link set lo up; echo 1 > /proc/sys/net/ipv4/ip_forward; ' : ''
  const command = `${ready}exec dockerd ${places} ${groups} ${network} 2> ${dir}/d.log`
  const own = [...(hasNetwork ? ['-n'] : []), '-m', '--propagation', 'private']
  const words = [...own, 'sh', '-c', command]
  // Its containerd may leave a file in TMPDIR, of what it was at when it answered too late.
  const env = { ...process.env, TMPDIR: dir }
  const daemon = spawn('unshare', words, { cwd: dir, stdio: 'ignore', env })
  const ended = new Promise((resolve) => daemon.once('exit', resolve))
  onTestFinished(async () => {
    daemon.kill('SIGTERM')
    await ended
    for (const group of groupsNamed(parent)) rmdirSync(group)
  })
  while (!(await answers(host))) {
    if (daemon.exitCode !== null) throw new Error(readFileSync(`${dir}/d.log`, 'utf8'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function answers(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('docker', ['-H', host, 'version'], (error) => resolve(error === null))
  })
}

/** dockerd makes them for its first container, one in each hierarchy, and leaves them. */
function groupsNamed(name: string): string[] {
  const trees = ['.', ...namesIn('/sys/fs/cgroup')].map((tree) => join('/sys/fs/cgroup', tree))
  return trees.map((tree) => join(tree, name)).filter((group) => existsSync(group))
}
