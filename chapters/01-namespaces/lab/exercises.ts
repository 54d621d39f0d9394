/**
 * Your answers to the smaller exercises of chapter 1; given.ts has the lists that they are
 * about.
 */
import type { PlanOptions } from '../../../runtime/options.ts'
import { stepOf, type Step } from '../../../runtime/step.ts'
import { broken } from './given.ts'

const step = stepOf(1)

/**
 * Predict. The list `withoutFork` becomes a shell, which runs a first command. What number
 * does that
 * command have for itself, as the shell's `$$` would print it there?
 */
export const firstChild: number = 1

/**
 * Predict. The first command has ended, and the same shell runs a second one. It cannot: with which
 * errno does fork fail? By its name, such as 'EPERM'.
 */
export const secondFork: string = 'ENOMEM'

/**
 * Predict. The list `withoutPrivate` has mounted a /proc in its own mount namespace, and runs. How
 * many mounts does the *machine* have on its /proc now?
 */
export const mountsOnProc: number = 2

/**
 * The mount points in the mountinfo file `mine` that are peers of a mount in `theirs`: both are
 * `shared` with the same number, so what is mounted below one appears below the other. A slave only
 * receives: it is no peer. In the order of `mine`, as they stand there.
 */
export function peers(mine: string, theirs: string): string[] {
  const groups = new Set(lines(theirs).flatMap(groupsOf))
  const isPeer = (line: string[]) => groupsOf(line).some((group) => groups.has(group))
  return lines(mine)
    .filter(isPeer)
    .map((line) => line[4] ?? '')
}

function lines(mountinfo: string): string[][] {
  return mountinfo
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '))
}

/** The groups of peers that a mount is in: among the fields between the sixth and the hyphen. */
function groupsOf(fields: string[]): string[] {
  return fields.slice(6, fields.indexOf('-', 6)).filter((field) => field.startsWith('shared:'))
}

/** The list `broken`, mended: its comment says what is wanted. */
export function following(options: PlanOptions): Step[] {
  const [child, pids, dies, proc, mounts, , command] = broken(options)
  const slaves = step(['mount', null, '/', null, ['MS_REC', 'MS_SLAVE'], null], 'only receive')
  const list = [pids, child, dies, mounts, slaves, proc, command]
  return list.filter((each) => each !== undefined)
}

/**
 * A list whose command has three numbers: 1 in its own pid namespace, another in a pid namespace
 * around that, and one on the machine. Its /proc shows only itself, and the machine stays as it is.
 */
export function nested({ argv, env }: PlanOptions): Step[] {
  const deeper = [
    step(['unshare', ['CLONE_NEWPID']], 'a new pid namespace'),
    step(['fork'], 'the child is process 1 in it'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'it ends with its parent'),
  ]
  return [
    ...deeper,
    ...deeper,
    step(['unshare', ['CLONE_NEWNS']], 'mounts of its own'),
    step(['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null], 'mounts stay here'),
    step(['mount', 'proc', '/proc', 'proc', [], null], 'a /proc of the inner namespace'),
    step(['execvpe', argv[0] ?? '', argv, env], 'the process becomes the command'),
  ]
}
