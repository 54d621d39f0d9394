/** A shell in a half-built container, which sees what the command would see if it ran now. */
import { existsSync } from 'node:fs'
import { launch } from '../../native.ts'
import { statFields } from '../../process.ts'
import type { NamespaceFlag } from '../../calls.ts'
import { toolStep, type Step } from '../../step.ts'
import type { Observation } from './observe.ts'

/** In the order in which they are joined: mounts last, because their paths are in /proc. */
const joinable: [name: string, flag: NamespaceFlag][] = [
  ['user', 'CLONE_NEWUSER'],
  ['cgroup', 'CLONE_NEWCGROUP'],
  ['ipc', 'CLONE_NEWIPC'],
  ['uts', 'CLONE_NEWUTS'],
  ['net', 'CLONE_NEWNET'],
  ['pid', 'CLONE_NEWPID'],
  ['mnt', 'CLONE_NEWNS'],
]

/** Join the namespaces that differ from `ours`, fork into the pid namespace, run a shell. */
function shellPlan(theirs: Observation, ours: Record<string, string>): Step[] {
  const differing = joinable.filter(([name]) => theirs.namespaces[name] !== ours[name])
  const env = [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/',
    'TERM=xterm',
  ]
  return [
    ...differing.map(([name, flag]) =>
      toolStep(['setns', `/proc/${theirs.pid}/ns/${name}`, flag], `its ${name} namespace`),
    ),
    toolStep(['fork'], 'only a child is in the pid namespace'),
    toolStep(['chdir', '/'], 'the root of this mount namespace'),
    toolStep(['execvpe', 'sh', ['sh', '-i'], [...env, 'PS1=half-built# ']], 'look around'),
  ]
}

/** Run it on the caller's terminal until it ends. Returns the problem, if there was one. */
export async function shellIn(
  theirs: Observation,
  ours: Record<string, string>,
): Promise<string | undefined> {
  if (!existsSync(`/proc/${theirs.pid}`)) return 'the process has ended'
  const plan = shellPlan(theirs, ours)
  const { outcome } = launch(plan, { stdio: ['inherit', 'inherit', 'inherit'] })
  const { failure, refused } = await outcome
  await takeBackTerminal()
  if (refused) return refused
  if (!failure) return undefined
  return `${plan[failure.index]?.call[0]} = ${failure.errno}`
}

/** A shell with job control takes the terminal for its process group and does not return it. */
async function takeBackTerminal(): Promise<void> {
  const group = Number(statFields('self')?.[5])
  const plan = [toolStep(['tcsetpgrp', 0, group], 'take the terminal back')]
  const launched = launch(plan, { stdio: ['inherit', 'ignore', 'ignore'] })
  launched.end()
  await launched.outcome
}
