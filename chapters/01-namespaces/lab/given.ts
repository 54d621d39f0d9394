/** The lists that the exercises of this chapter start from. They import none of your functions. */
import type { PlanOptions } from '../../../runtime/options.ts'
import { stepOf, type Step } from '../../../runtime/step.ts'

const step = stepOf(1)

const pids = step(['unshare', ['CLONE_NEWPID']], 'a new pid namespace')
const child = step(['fork'], 'the child goes on with the list, its parent waits for it')
const mounts = step(['unshare', ['CLONE_NEWNS']], 'mounts of its own')
const proc = step(['mount', 'proc', '/proc', 'proc', [], null], 'a /proc of its own')

/** To predict: there is no fork after unshare(CLONE_NEWPID). */
export function withoutFork(options: PlanOptions): Step[] {
  return [pids, command(options)]
}

/** To predict: nothing makes the mounts private, and those of the machine are shared. */
export function withoutPrivate(options: PlanOptions): Step[] {
  return [pids, child, mounts, proc, command(options)]
}

/**
 * To read: /run is private, /var/tmp a slave, /tmp a slave and the first of a new group of
 * peers.
 */
export function varied(options: PlanOptions): Step[] {
  const made = (name: string) => [
    step(['mkdir_parents', name, 0o755], 'a place for a mount', 'EEXIST'),
    step(['mount', 'tmpfs', name, 'tmpfs', [], null], 'an empty file system there'),
  ]
  const mark = (name: string, flag: 'MS_PRIVATE' | 'MS_SLAVE' | 'MS_SHARED') =>
    step(['mount', null, name, null, [flag], null], 'its propagation')
  return [
    mounts,
    ...['/run', '/var/tmp', '/tmp'].flatMap((name) => made(name)),
    mark('/run', 'MS_PRIVATE'),
    mark('/var/tmp', 'MS_SLAVE'),
    mark('/tmp', 'MS_SLAVE'),
    mark('/tmp', 'MS_SHARED'),
    command(options),
  ]
}

/**
 * To repair. Wanted: process 1 of its own pid namespace, with a /proc that shows only its own
 * processes. What is mounted on the machine later arrives in the container; nothing that is mounted
 * in the container arrives on the machine.
 */
export function broken(options: PlanOptions): Step[] {
  return [
    child,
    pids,
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'when the parent dies, so does the container'),
    proc,
    mounts,
    step(['mount', null, '/', null, ['MS_REC', 'MS_SHARED'], null], 'mounts of the machine arrive'),
    command(options),
  ]
}

function command({ argv, env }: Pick<PlanOptions, 'argv' | 'env'>): Step {
  return step(['execvpe', argv[0] ?? '', argv, env], 'the process becomes the command')
}
