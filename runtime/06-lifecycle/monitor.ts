/**
 * A container that lives on without its parent. A monitor takes the place of the process that
 * started it: it waits, writes down how the container ended, and may start it again.
 *
 * The monitor is outside of all namespaces. Each start is a fresh process that carries out the rest
 * of the list, because unshare(CLONE_NEWPID) works once in a process: when process 1 of the new
 * namespace has ended, no other can be made in it (pid_namespaces(7)).
 */
import type { RestartFlag } from '../flag-names.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(6)

/** When a container that has ended starts again, in Docker's words. */
export interface RestartPolicy {
  name: 'no' | 'on-failure' | 'always' | 'unless-stopped'
  /** With `on-failure`: most starts after the first; any number without it. */
  most?: number
}

/** What a monitor is told. */
export interface Monitor {
  /** The container's directory, for its journal. */
  directory: string
  /** The file that says that somebody waits for the container. */
  mark: string
  /** Who clears up holds this file locked. */
  lock: string
  restart: RestartPolicy
  /** The directories of the container's group: each start makes them anew. */
  groups: string[]
  /** The program that clears up, with its arguments. */
  settler: string[]
  /**
   * The command line waits for the container, whose streams are its caller's: it stays in the
   * caller's session, or it could not use the terminal, and ends when the command line does.
   */
  isAttended: boolean
}

declare module '../options.ts' {
  interface ContainerOptions {
    restart?: RestartPolicy
  }
  interface PlanOptions {
    /** Without it, who started the container waits for it. */
    monitor?: Monitor
  }
}

/** Docker's delays before a start, in milliseconds: the first, the longest; what lasted is well. */
const delays = [100, 60_000, 10_000]

/** Before anything else is made: what is made here is the monitor's, and not the container's. */
export function monitor(told: Monitor | undefined): Step[] {
  if (!told) return []
  const { directory, mark, lock, restart, groups, settler, isAttended } = told
  const numbers = [restart.most ?? 0, ...delays]
  const [policy, attended] = [flagOf(restart), Number(isAttended)]
  return [
    ...(isAttended
      ? []
      : [
          step(['setsid'], 'a session of its own: when the terminal closes, nobody hangs it up'),
          step(['chdir', '/'], 'a process that lives long keeps no directory, and no disk, in use'),
        ]),
    step(
      ['supervise', directory, mark, lock, policy, numbers, groups, settler, attended],
      'the monitor stays here; its child goes on with the list, and so does that of each restart',
    ),
  ]
}

function flagOf({ name }: RestartPolicy): RestartFlag {
  if (name === 'no') return 'RESTART_NEVER'
  return name === 'on-failure' ? 'RESTART_ON_FAILURE' : 'RESTART_ALWAYS'
}
