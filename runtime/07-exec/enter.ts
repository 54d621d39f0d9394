/**
 * A newcomer: a process that becomes like one of the container's, without having been born there.
 *
 * Three processes take part. The one that waits stays on the host, in none of the namespaces. Its
 * child joins the group and the namespaces; the container cannot see it, because a process is never
 * moved to another pid namespace: setns(2) is only about its next child. That child is the
 * newcomer. It appears in the container when nothing of the host is left around it.
 */
import type { NamespaceFlag } from '../flag-names.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(7)

/** The process that the newcomer is to be like: the container's first. */
export interface Target {
  /** 0 is the container's first process, where its monitor carries out the list. */
  pid: number
  /** When it began, in clock ticks since boot (proc_pid_stat(5)). */
  start: number
  /** Those of its namespaces that are not the caller's. */
  namespaces: NamespaceFlag[]
  /** The files of its control groups that take a process: `…/cgroup.procs` or `…/tasks`. */
  members: string[]
}

declare module '../options.ts' {
  interface PlanOptions {
    /** Whom the newcomer of an exec is to be like. */
    target?: Target
    outliving?: Outliving
  }
}

/** Whose end is noted, and where. */
export interface Outliving {
  /** The file of events. */
  events: string
  container: string
  /** The id that the events of this exec have. */
  exec: string
  /** Nobody waits for it from the beginning. */
  isDetached: boolean
}

/** Not the caller's end, nor that of its terminal, is to be the command's: as in Docker. */
export function outliveCaller(outliving: Outliving | undefined): Step[] {
  if (!outliving) return []
  const { events, container, exec, isDetached } = outliving
  const alone = [
    step(['setsid'], 'a session of its own: when the terminal closes, nobody hangs it up'),
    step(['chdir', '/'], 'a process that lives long keeps no directory, and no disk, in use'),
  ]
  return [
    ...(isDetached ? alone : []),
    step(
      ['outlive', events, container, exec],
      'when the caller goes, the command goes on, and its end is on record',
    ),
  ]
}

/** The caller waits; its child goes on. */
export function child(): Step[] {
  return [step(['fork'], 'the parent stays outside, copies the streams, and waits for the command')]
}

/** The groups first: from here on, all that the newcomer uses counts as the container's. */
export function joinGroups({ members }: Target): Step[] {
  return members.map((file) =>
    step(['write', file, '0'], 'what the newcomer uses counts as the container\'s, and is limited'),
  )
}

/**
 * Enter the namespaces of `target`, as the process that its number means now: once it is open, no
 * other process can be meant. The user namespace comes first, because it decides over the rights in
 * the others; the mounts come last, because after that no path leads to the host's files. The pid
 * namespace is that of the next child, which takes the place of this process.
 */
export function enterNamespaces({ pid, start, namespaces }: Target, fd: number): Step[] {
  const joined = order.filter(([flag]) => namespaces.includes(flag))
  return [
    step(
      ['prctl_dumpable', 0],
      'who is in there already cannot trace it, nor make it dump its memory, while it enters',
    ),
    step(
      ['pidfd_open', pid, start],
      `the container's first process, held as ${fd}: its number may soon be another's`,
    ),
    ...joined.map(([flag, why]) => step(['setns_pidfd', fd, flag], why)),
    step(['close', fd], 'it is not needed any more'),
    step(['clone_parent'], 'the newcomer, in all of these; it goes on, and this process ends'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'when the parent dies, so does the newcomer'),
  ]
}

const order: [flag: NamespaceFlag, why: string][] = [
  ['CLONE_NEWUSER', 'its users, first: they decide what may be done in the other namespaces'],
  ['CLONE_NEWIPC', 'its message queues and shared memory'],
  ['CLONE_NEWUTS', 'its names'],
  ['CLONE_NEWNET', 'its network'],
  ['CLONE_NEWCGROUP', 'its view of control groups'],
  ['CLONE_NEWPID', 'its processes: the next child will be one of them'],
  ['CLONE_NEWNS', 'its mounts, and with them its root, last: no path leads to the host any more'],
]

/**
 * Enter the working directory `cwd`. A process in the container may have put a link there that
 * leads outside, so getcwd(2) checks that the directory is inside the root (CVE-2024-21626).
 */
export function directoryInside(cwd: string | undefined): Step[] {
  if (!cwd || cwd === '/') return []
  return [
    step(['chdir', cwd], 'the directory that was asked for'),
    step(['getcwd'], 'it must lie inside the root, whatever links led there'),
  ]
}
