/** Step by step. A shell in a half-built container: what the command would see if it ran now. */
import { existsSync } from 'node:fs'
import { launch } from '../../native.ts'
import { statFields } from '../../process.ts'
import type { NamespaceFlag } from '../../calls.ts'
import { toolStep, type Step } from '../../step.ts'
import type { Observation } from './observe.ts'

/** In the order in which they are joined: the mount namespace last, because /proc goes with it. */
const joinable: [name: string, flag: NamespaceFlag][] = [
  ['user', 'CLONE_NEWUSER'],
  ['cgroup', 'CLONE_NEWCGROUP'],
  ['ipc', 'CLONE_NEWIPC'],
  ['uts', 'CLONE_NEWUTS'],
  ['net', 'CLONE_NEWNET'],
  ['pid', 'CLONE_NEWPID'],
  ['mnt', 'CLONE_NEWNS'],
]

/** Join what differs from `ours`, become a child in the pid namespace, and run a shell. */
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
    toolStep(['chdir', '/'], 'the top of what is seen from here'),
    toolStep(['execvpe', 'sh', ['sh', '-i'], [...env, 'PS1=half-built# ']], 'look around'),
  ]
}

/** Run it on the caller's terminal, and wait until it is left. Gives why it could not, if so. */
export async function shellIn(
  theirs: Observation,
  ours: Record<string, string>,
): Promise<string | undefined> {
  if (!existsSync(`/proc/${theirs.pid}`)) return 'the process is gone'
  const plan = shellPlan(theirs, ours)
  const { outcome } = launch(plan, { stdio: ['inherit', 'inherit', 'inherit'] })
  const { failure, refused } = await outcome
  await takeBackTerminal()
  if (refused) return refused
  if (!failure) return undefined
  return `${plan[failure.index]?.call[0]} = ${failure.errno}`
}

/** A shell with job control makes the terminal its own, and forgets to give it back. */
async function takeBackTerminal(): Promise<void> {
  const group = Number(statFields('self')?.[5])
  const plan = [toolStep(['tcsetpgrp', 0, group], 'the terminal is ours again')]
  const launched = launch(plan, { stdio: ['inherit', 'ignore', 'ignore'] })
  launched.end()
  await launched.outcome
}
