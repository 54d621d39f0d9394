/** For its tests: a container on a pretend machine, watched from outside. */
import { spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import type { TestContext } from 'vitest'
import { pretendMachine } from '../../runtime/consequence.ts'
import type { LaunchOptions } from '../../runtime/native.ts'
import { planOptions } from '../../runtime/chapter.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Call } from '../../runtime/calls.ts'
import type { Step } from '../../runtime/step.ts'
import { begin, type Begun } from '../../test/carry-out.ts'
import { needs } from '../../test/scratch.ts'
import { plan } from './plan.ts'

export interface Contained extends Begun {
  list: Step[]
  /** The native program, whose view is the machine's. */
  machine: number
  /** The container's first process, by the host's number; there once the fork was reported. */
  first: () => Promise<number>
}

interface Wish {
  options?: Partial<PlanOptions>
  before?: Call[]
  launch?: LaunchOptions
}

/** Run `script` with sh in this chapter's container; its mounts cannot reach the real machine. */
export function contain(context: TestContext, script: string, wish: Wish = {}): Contained {
  needs(context, 'root')
  const options = planOptions([], {
    argv: ['sh', '-c', script],
    env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'],
    hostname: 'box',
    network: 'none',
    ...wish.options,
  })
  const list = [...pretendMachine(wish.before), ...plan(options)]
  const fork = list.findIndex(({ call }) => call[0] === 'fork')
  const begun = begin(list, wish.launch)
  return {
    ...begun,
    list,
    machine: begun.launched.pid,
    first: async () => (await begun.reported(fork)).result,
  }
}

/** What the command says until it ends. */
export async function saysOf({ launched, said }: Contained): Promise<string> {
  launched.process.stdin?.end()
  await launched.outcome
  return said.out
}

/** The six namespaces of a process, by name. */
export function namespacesOf(pid: number | 'self'): Record<string, string> {
  const names = ['pid', 'mnt', 'uts', 'ipc', 'net', 'cgroup']
  return Object.fromEntries(names.map((name) => [name, readlinkSync(`/proc/${pid}/ns/${name}`)]))
}

/** Where file systems are mounted, as process `pid` sees it, in order. */
export function mountsOf(pid: number | 'self'): string[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trimEnd().split('\n')
  return lines.map((line) => line.split(' ')[4] ?? '')
}

/** What `command` prints in the namespaces of `pid` that `flags` of nsenter(1) name. */
export function within(pid: number, flags: string, command: string): string {
  const args = ['-t', String(pid), ...flags.split(' '), 'sh', '-c', command]
  const { status, stdout, stderr } = spawnSync('nsenter', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`nsenter ${args.join(' ')}: ${stderr}`)
  return stdout
}
