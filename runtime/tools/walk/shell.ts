/**
 * A shell in a half-built container, which sees what the command would see if it ran now. It may be
 * a program of the image, so it gets no more of the host than the command will: no descriptor, no
 * session and no terminal of the caller, and it is under the container's limits.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { session } from '../../01-namespaces/command.ts'
import { inheritance } from '../../01-namespaces/inheritance.ts'
import { closeInherited } from '../../01-namespaces/namespaces.ts'
import { connect, control, newTerminal, terminalChannel } from '../../03-pivot-root/terminal.ts'
import type { Size } from '../../03-pivot-root/terminal.ts'
import type { NamespaceFlag } from '../../flag-names.ts'
import { masterFd } from '../../descriptors.ts'
import { tryRead } from '../../files.ts'
import { launch } from '../../native.ts'
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

interface Place {
  /** The half-built container. */
  theirs: Observation
  /** The namespaces that the caller is in. */
  ours: Record<string, string>
  /** Of the caller's terminal. */
  size: Size
}

/**
 * Join the groups and the namespaces that differ from `ours`, fork into the pid namespace, run a
 * shell. Its terminal is one of the host's devpts, because the container may not have its own yet.
 */
function shellPlan({ theirs, ours, size }: Place): Step[] {
  const differing = joinable.filter(([name]) => theirs.namespaces[name] !== ours[name])
  const env = [
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'HOME=/',
    'TERM=xterm',
  ]
  return [
    ...closeInherited(),
    ...terminalChannel(),
    ...newTerminal('/dev/ptmx', size),
    toolStep(['ioctl_ptpeer', masterFd], 'its other side'),
    ...groupsOf(theirs).map((group) =>
      toolStep(['write', join(group, 'cgroup.procs'), '0'], "under the container's limits"),
    ),
    ...differing.map(([name, flag]) =>
      toolStep(['setns', `/proc/${theirs.pid}/ns/${name}`, flag], `its ${name} namespace`),
    ),
    toolStep(['fork'], 'only a child is in the pid namespace'),
    toolStep(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'the shell does not outlive its parent'),
    ...inheritance(),
    ...session(),
    control(),
    ...connect(),
    toolStep(['setgroups', []], "the caller's groups stay outside"),
    toolStep(['chdir', '/'], 'the root of this mount namespace'),
    toolStep(['execvpe', 'sh', ['sh', '-i'], [...env, 'PS1=half-built# ']], 'look around'),
  ]
}

/** The groups that the container has joined by now. */
function groupsOf({ pid, groups }: Observation): string[] {
  const isIn = (dir: string) => tryRead(join(dir, 'cgroup.procs'))?.split('\n').includes(`${pid}`)
  return Object.keys(groups).filter(isIn)
}

/** Run it on the caller's terminal until it ends. Returns the problem, if there was one. */
export async function shellIn(place: Place): Promise<string | undefined> {
  if (!existsSync(`/proc/${place.theirs.pid}`)) return 'the process has ended'
  const plan = shellPlan(place)
  const { failure, refused } = await launch(plan, { stdio: ['inherit', 'inherit', 'inherit'] })
    .outcome
  if (refused) return refused
  if (!failure) return undefined
  return `${plan[failure.index]?.call[0]} = ${failure.errno}`
}
