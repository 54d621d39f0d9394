/** `run` with a learner's list: on a pretend machine, so that a mistake never harms the host. */
import { basename, dirname, join } from 'node:path'
import type { Call } from '../../calls.ts'
import type { Alteration } from '../../container/start.ts'
import type { Step } from '../../step.ts'
import { strace } from '../../strace.ts'
import { lookAtCgroups } from '../../02-cgroups/cgroups.ts'
import { eventsPath } from '../../06-lifecycle/events.ts'
import { logPath, ownCommand } from '../../06-lifecycle/lifecycle.ts'
import { runningMark } from '../../container/state.ts'
import { harmless } from '../harmless.ts'

/**
 * Nothing can be written but the container's directories and its own control group. `root` is its
 * root directory: it may change one that is a copy of an image.
 */
export function learnersRun(root?: string): Alteration {
  return (plan, dir) => {
    const trees = lookAtCgroups().hierarchies.map(({ mount }) => mount)
    const places = [dir, ...(root === undefined ? [] : [root])]
    checkEnd(plan)
    plan.forEach((step, at) => checkReach(step, at, { trees, places, dir }))
    const open = trees.flatMap((path) => {
      const until = plan.findLastIndex(({ call }) => pathsOf(call).some(isBelow([path])))
      return until < 0 ? [] : [{ path, until }]
    })
    const copiesDir = join(dirname(dirname(dir)), 'rootfs')
    const copies = root !== undefined && dirname(root) === copiesDir ? [{ path: copiesDir }] : []
    return harmless(plan, { dir, open: [...open, ...copies] })
  }
}

/** Throws for a list after which there is no command to wait for. */
function checkEnd(plan: Step[]): void {
  if (plan.length === 0) throw new Error('your list is empty: see what plan() returns')
  if (plan.some(({ call }) => call[0] === 'execvpe')) return
  throw new Error('your list has no execvpe: no process becomes the command')
}

interface Reach {
  trees: string[]
  places: string[]
  dir: string
}

/** Throws for a line that would write on the host before anything is sealed. */
function checkReach({ call }: Step, at: number, { trees, places, dir }: Reach): void {
  const isOwn = (path: string) =>
    !path.split('/').includes('..') &&
    (!path.startsWith('/') || isBelow([...places, '/dev'])(path) || ownFiles.test(path) ||
      (isBelow(trees)(path) && groupFiles.test(path)))
  if (pathsOf(call).every(isOwn) && isOfLife(call, dir)) return
  throw new Error(`line ${at + 1} of your list would change the host: ${strace(call)}`)
}

/**
 * What lives on is outside of what is sealed. Its files, its groups and the program that it becomes
 * are those of the container in `dir`, by whole paths: in what the container wrote may be links.
 */
function isOfLife(call: Call, dir: string): boolean {
  const [id, root] = [basename(dir), dirname(dirname(dir))]
  if (call[0] === 'open_log') return call[1] === logPath(dir, id)
  if (call[0] === 'listen') return call[1] === dir
  if (call[0] !== 'supervise') return true
  const [, directory, mark, lock, , , groups, settler] = call
  const files = [directory, mark, lock].join('\n')
  return (
    files === [dir, runningMark(root, id), eventsPath(root)].join('\n') &&
    settler.join('\n') === ownCommand(root, 'settle').join('\n') &&
    groups.every((group) => basename(group) === `stepbox-${id}`)
  )
}

/** The files that a call makes or writes to. */
function pathsOf(call: Call): string[] {
  if (call[0] === 'symlink') return [call[2]]
  if (call[0] === 'supervise') return call[6]
  const writes = ['write', 'mkdir', 'mkdir_parents', 'mknod']
  return writes.includes(call[0]) && typeof call[1] === 'string' ? [call[1]] : []
}

const isBelow = (dirs: string[]) => (path: string) =>
  dirs.some((dir) => path === dir || path.startsWith(`${dir}/`))

/** Of the process itself, and settings that the pretend machine has for itself. */
const ownFiles = /^\/proc\/(self\/|sys\/(net\/|fs\/mqueue\/|kernel\/(msg|sem|shm)))/

const groupFiles = /\/stepbox-[^/]+(\/[\w.]+)?$|\/cgroup\.subtree_control$/
