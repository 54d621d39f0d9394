/** Verdicts on control groups: which trees there are, and whether they can be used. */
import type { Cgroups, Controller, Hierarchy } from '../../02-cgroups/hierarchies.ts'
import {
  asRoot,
  causeOf,
  isDenied,
  privileged,
  rootCause,
  withRemedy,
  type Cause,
} from './causes.ts'
import type { Machine } from './machine.ts'
import { failureIn, no, unknown, yes, type Rule } from './verdict.ts'

/** `hybrid`: controllers in trees of version 1, and a tree of version 2 beside them. */
export function flavourOf({ hierarchies }: Cgroups): 'v1' | 'v2' | 'hybrid' | 'none' {
  const has = (version: 1 | 2) => hierarchies.some((tree) => tree.version === version)
  if (has(1)) return has(2) ? 'hybrid' : 'v1'
  return has(2) ? 'v2' : 'none'
}

/** Whether a group can be made and joined in each tree that containers use. */
export const groupsVerdict: Rule = (machine) => {
  const { hierarchies } = machine.cgroups
  if (machine.platform !== 'linux') return unknown(machine)
  if (hierarchies.length === 0) {
    const remedy = asRoot(machine, 'mount -t cgroup2 none /sys/fs/cgroup')
    return no('none', { why: 'no control groups are mounted', remedy })
  }
  const tried = machine.tries.cgroups
  if (!tried) return unknown(machine)
  if (tried.ok) return yes(`${flavourOf(machine.cgroups)}: ${inventory(hierarchies)}`)
  if (hierarchies.every(({ writable }) => !writable)) {
    const why = 'they are mounted read-only, as in an ordinary Docker container'
    return no(`${flavourOf(machine.cgroups)}, read-only`, withRemedy(why, writableBy(machine)))
  }
  return no(failureIn(machine, 'cgroups'), groupCause(machine, tried.call))
}

function inventory(hierarchies: Hierarchy[]): string {
  const lists = hierarchies.map(({ controllers }) => controllers.join(' ')).filter(Boolean)
  return lists.join(' ') || 'no controllers'
}

function writableBy({ surroundings, lacking, uid }: Machine): string | undefined {
  if (uid !== 0) return rootCause.remedy
  return lacking.length > 0 ? privileged(surroundings) : 'mount -o remount,rw /sys/fs/cgroup'
}

function groupCause(machine: Machine, call = ''): Cause {
  const tried = machine.tries.cgroups
  if (isDenied(tried) && machine.uid !== 0) {
    const isDelegated = machine.delegated && call.startsWith('write')
    const why = 'this part of the tree belongs to another user'
    return isDelegated ? { ...rootCause, why } : rootCause
  }
  return causeOf(machine, tried)
}

/** Whether the controller's limit can be written; for the freezer: whether it stops a group. */
export function controllerVerdict(controller: Controller): Rule {
  const name = `cgroup-${controller}`
  return (machine) => {
    const tried = machine.tries[name]
    const hasNone = machine.cgroups.hierarchies.length === 0
    if (!tried || hasNone) return unknown(machine, groupless(machine))
    const tree = treeOf(controller, machine.cgroups)
    if (tried.ok) return yes(tree ? `v${tree.version} at ${tree.mount}` : 'v2')
    if (!tree) return no('in none of the trees', absent(controller, machine))
    const readOnly = withRemedy('no group can be made', writableBy(machine))
    if (!tree.writable) return no(`${tree.mount} is read-only`, readOnly)
    if (tree.occupied && !tree.enabled.includes(controller)) {
      const why = 'the group itself has processes, so it can enable no controller for groups below'
      const remedy = machine.uid === 0 ? evacuate(tree) : rootCause.remedy
      return no(`${tree.mount}/cgroup.procs is not empty`, withRemedy(why, remedy))
    }
    return no(failureIn(machine, name), causeOf(machine, tried))
  }
}

function groupless(machine: Machine): Cause | undefined {
  const isMissing = machine.platform === 'linux' && machine.cgroups.hierarchies.length === 0
  return isMissing ? { why: 'no control groups are mounted' } : undefined
}

function treeOf(controller: Controller, { hierarchies }: Cgroups): Hierarchy | undefined {
  const isCore = controller === 'freezer' || controller === 'cpuacct'
  return (
    hierarchies.find(({ controllers }) => controllers.includes(controller)) ??
    (isCore ? hierarchies.find(({ version }) => version === 2) : undefined)
  )
}

function absent(controller: Controller, machine: Machine): Cause {
  if (!machine.delegated)
    return {
      why: 'the kernel was built without it, or its command line disables it',
      remedy: `add cgroup_enable=${controller} to the kernel's command line`,
    }
  const why = 'the parent group does not enable it for this one (delegation)'
  const isUser = machine.uid !== 0
  return {
    why,
    remedy: isUser
      ? `sudo systemctl set-property user@${machine.uid}.service Delegate=yes`
      : `on the host: echo +${controller} > …/cgroup.subtree_control of the groups above`,
  }
}

/** Version 2 permits processes only in groups that enable no controllers for others. */
function evacuate({ mount }: Hierarchy): string {
  return `cd ${mount}; mkdir me; xargs -n1 <cgroup.procs >me/cgroup.procs`
}
