/**
 * Tests. They run in a network namespace of their own, with a loopback of its own: containers get
 * bridges, addresses and packet filters, and none of that is to be the machine's.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launch } from '../runtime/native.ts'
import { toolStep } from '../runtime/step.ts'
import { onPath } from '../runtime/tools/programs.ts'

/** In the environment of all tests: the file of the machine's own network namespace. */
const variable = 'STEPBOX_MACHINE_NETWORK'

/** The machine's own network namespace, where the tests are in another one. */
export function machineNetwork(): string | undefined {
  return process.env[variable]
}

/**
 * Start this program again with another network, and wait for it. Gives its exit code, or undefined
 * if this process is already there, or may not do it: then it goes on.
 */
export async function inOwnNetwork(): Promise<number | undefined> {
  const isRoot = process.platform === 'linux' && process.geteuid?.() === 0
  if (!isRoot || machineNetwork() !== undefined) return undefined
  const dir = mkdtempSync(join(tmpdir(), 'stepbox-network-'))
  try {
    return await again(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function again(dir: string): Promise<number> {
  const network = `/proc/${process.pid}/ns/net`
  const PATH = `${downloads(dir, network)}${process.env['PATH'] ?? ''}`
  const env = Object.entries({ ...process.env, PATH, [variable]: network })
  const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const launched = launch(
    [
      toolStep(['unshare', ['CLONE_NEWNET']], 'containers change this network'),
      toolStep(['ioctl_ifflags', 'lo', ['IFF_UP']], 'servers of tests listen on it'),
      toolStep(
        ['execvpe', process.execPath, argv, env.map(([name, value]) => `${name}=${value}`)],
        'the same program again',
      ),
    ],
    { stdio: ['inherit', 'inherit', 'inherit'], stays: true },
  )
  const stop = (signal: NodeJS.Signals) => launched.process.kill(signal)
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, stop)
  const { exitCode, failure, refused, lost } = await launched.outcome
  if (failure || refused !== undefined)
    throw new Error(`no network for the tests: ${refused ?? failure?.errno}`)
  return lost ? 1 : exitCode
}

/** Kernels for virtual machines are downloaded: by an apt-get that has the machine's network. */
function downloads(dir: string, network: string): string {
  const [apt, nsenter] = [onPath('apt-get'), onPath('nsenter')]
  if (!apt || !nsenter) return ''
  const file = join(dir, 'apt-get')
  writeFileSync(file, `#!/bin/sh\nexec ${nsenter} --net=${network} ${apt} "$@"\n`)
  for (const path of [dir, file]) chmodSync(path, 0o755)
  return `${dir}:`
}
