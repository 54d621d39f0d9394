/**
 * Your answers to the smaller exercises of chapter 2; given.ts has the lists that they are
 * about.
 */
import type { PlanOptions } from '../../../runtime/options.ts'
import { stepOf, type Step } from '../../../runtime/step.ts'
import { plan } from '../plan.ts'
import { broken, placeFor } from './given.ts'

const step = stepOf(2)

/**
 * Predict. The shell of the list `hungry` runs a `tail` that would keep 60 MB. With which exit code
 * does the tail end?
 */
export const killedBy: number = 137

/**
 * Predict. The shell of the list `crowded` starts one sleep after the other. The third cannot be
 * started: with which errno does fork fail? By its name, such as 'EPERM'.
 */
export const refusal: string = 'EAGAIN'

/**
 * Predict. The shell of the list `late` starts two sleeps, and then writes 0 into the cgroup.procs
 * of the group. How many processes are in the group now?
 */
export const inTheGroup: number = 1

/**
 * The directory of the group that a process is in, for one controller by the kernel's name, such as
 * `cpu`. `cgroup` is the text of its /proc/PID/cgroup, `mountinfo` that of its /proc/PID/mountinfo.
 *
 * A tree of version 1 is a mount of type `cgroup` whose last field names the controller. One
 * that no
 * tree of version 1 has belongs to version 2: the mount of type `cgroup2`, the line that
 * begins with
 * `0::`. The path of the group is below the mount point; there is no slash at the end.
 */
export function groupDir(cgroup: string, mountinfo: string, controller: string): string {
  const mounts = mountinfo.split('\n').map((line) => line.split(' '))
  const afterHyphen = (fields: string[], at: number) => fields[fields.indexOf('-', 6) + at] ?? ''
  const first = mounts.find(
    (fields) =>
      afterHyphen(fields, 1) === 'cgroup' && afterHyphen(fields, 3).split(',').includes(controller),
  )
  const tree = first ?? mounts.find((fields) => afterHyphen(fields, 1) === 'cgroup2')
  return `${tree?.[4]}${pathIn(cgroup, first ? controller : '')}`.replace(/\/$/, '')
}

/** The third field of the line for a controller; `''` is version 2's. */
function pathIn(cgroup: string, controller: string): string {
  const has = (line: string) => line.split(':')[1]?.split(',').includes(controller)
  const line = cgroup.split('\n').find(has)
  return line?.split(':').slice(2).join(':') ?? ''
}

/** The list `broken`, mended: its comment says what is wanted. */
export function job(options: PlanOptions): Step[] {
  const [make, , view, join, pids, child, dies, command] = broken(options)
  const { dir } = placeFor(options.group, 'pids')
  const most = String(options.group.limits.pidsMax)
  const limit = step(['write', `${dir}/pids.max`, most], 'no more processes than this')
  const list = [make, limit, pids, child, dies, join, view, command]
  return list.filter((each) => each !== undefined)
}

/** A list like your `plan`, whose container cannot lift its own limit of processes with an echo. */
export function unliftable(options: PlanOptions): Step[] {
  const steps = plan(options)
  const cover = step(['mount', 'none', '/sys/fs/cgroup', 'tmpfs', ['MS_RDONLY'], null], 'covered')
  return [...steps.slice(0, -1), cover, ...steps.slice(-1)]
}
