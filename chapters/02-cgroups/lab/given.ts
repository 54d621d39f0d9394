/** The lists that the exercises of this chapter start from. They import none of your functions. */
import type { Group } from '../../../runtime/02-cgroups/cgroup.ts'
import type { Controller } from '../../../runtime/02-cgroups/hierarchies.ts'
import type { PlanOptions } from '../../../runtime/options.ts'
import { stepOf, type Step } from '../../../runtime/step.ts'

const step = stepOf(2)

const join = (dir: string) => step(['write', `${dir}/cgroup.procs`, '0'], 'the writer joins')
const make = (dir: string) => step(['mkdir', dir, 0o755], 'a new directory is a new group')
const pids = step(['unshare', ['CLONE_NEWPID']], 'a new pid namespace')
const child = step(['fork'], 'the child goes on with the list, its parent waits for it')
const dies = step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'it ends with its parent')
const view = step(['unshare', ['CLONE_NEWCGROUP']], 'a view of groups of its own')

/** To predict: 16 MB of memory, and no swap beyond. */
export function hungry({ group, ...options }: PlanOptions): Step[] {
  const { dir, version } = placeFor(group, 'memory')
  const bytes = String(16 * 2 ** 20)
  const files = {
    1: ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'],
    2: ['memory.max', 'memory.swap.max'],
  }
  const [memory, swap] = files[version] as [string, string]
  return [
    make(dir),
    step(['write', `${dir}/${memory}`, bytes], 'its memory'),
    step(['write', `${dir}/${swap}`, version === 1 ? bytes : '0'], 'no swap', 'ENOENT'),
    child,
    join(dir),
    command(options),
  ]
}

/** To predict: three processes. */
export function crowded({ group, ...options }: PlanOptions): Step[] {
  const { dir } = placeFor(group, 'pids')
  const limit = step(['write', `${dir}/pids.max`, '3'], 'three processes')
  return [make(dir), limit, child, join(dir), command(options)]
}

/** To predict: the group is there, and the command is not in it. */
export function late({ group, ...options }: PlanOptions): Step[] {
  return [make(placeFor(group, 'pids').dir), child, command(options)]
}

/** To read: a process that is in a group of one tree, and in the machine's of all others. */
export function inOneTree({ group, ...options }: PlanOptions): Step[] {
  const { dir } = placeFor(group, 'pids')
  return [make(dir), child, join(dir), command(options)]
}

/**
 * To repair. Wanted: a job on the machine's own files and network, which is process 1 of its
 * own pid
 * namespace. It may have as many processes as `--pids-limit` says, the process that waits for it is
 * not counted, and its group is `/` for it.
 */
export function broken({ group, ...options }: PlanOptions): Step[] {
  const { dir } = placeFor(group, 'pids')
  const text = `%!s(int=${group.limits.pidsMax})`
  return [
    make(dir),
    step(['write', `${dir}/pids.max`, text], 'no more processes than this', 'EINVAL'),
    view,
    join(dir),
    pids,
    child,
    dies,
    command(options),
  ]
}

/** The directory of the group in the tree that has `controller`, and the tree's version. */
export function placeFor({ name, cgroups }: Group, controller: Controller) {
  const tree = cgroups.hierarchies.find((each) => each.controllers.includes(controller))
  return { dir: `${tree?.mount}/${name}`, version: tree?.version ?? 2 }
}

function command({ argv, env }: Pick<PlanOptions, 'argv' | 'env'>): Step {
  return step(['execvpe', argv[0] ?? '', argv, env], 'the process becomes the command')
}
