/** The state of a half-built container, as the kernel shows it to the host. */
import { readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Observer, WideObserver } from '../../chapter-tools.ts'
import { isMissing, tryRead } from '../../files.ts'
import type { Mount } from '../../mountinfo.ts'
import { perform, StepError } from '../../native.ts'
import { statsOf, type Stats } from '../../02-cgroups/group-stats.ts'
import { statFields } from '../../process.ts'
import { errnoOf } from '../../staging.ts'
import { controlFd, lifelineFd } from '../../descriptors.ts'
import { attributesOf, type Details } from './details.ts'
import { familyOf, type ProcessLine } from './family.ts'
import { toolStep, type Step } from '../../step.ts'
import {
  commandName,
  membershipOf,
  mountsOf,
  namespacesOf,
  procLinks,
  procText,
  statusOf,
} from '../proc.ts'

/** A mount, as observations and recordings have it. */
export interface MountLine {
  /** Unique while the mount exists. */
  id: string
  /** The id of the mount that it is mounted on. Older recordings lack it. */
  parent?: string
  /** The file system, as `major:minor`; two mounts of the same device show the same files. */
  device: string
  /** The directory of the file system that is mounted. */
  subtree: string
  target: string
  type: string
  source: string
  /** The options of the mount, then those of its file system, as in mountinfo. */
  options: string
  /** `shared:1`, `master:1`, or empty if it is private. */
  propagation: string
}

/** What a plan can change in a process, at one moment. Plain data, also kept in recordings. */
export interface Observation {
  /** The process that carries out the plan, by the host's number and by its own. */
  pid: number
  pidInside: number
  command: string
  /** The inode of each namespace in /proc/<pid>/ns. */
  namespaces: Record<string, string>
  hostname: string
  loopbackUp: boolean
  root: string
  cwd: string
  mounts: MountLine[]
  /** The limits in each directory of its control group, by directory and file. */
  groups: Record<string, Record<string, string>>
  /** `pids:/stepbox-…`, a line for each hierarchy. */
  membership: string[]
  uid: string
  gid: string
  uidMap: string
  capabilities: string
  umask: string
  session: number
  terminal: boolean
  /** What each open descriptor leads to. */
  descriptors: Record<string, string>
  /** What no namespace holds, by topic and name. Older recordings lack it. */
  details?: Details
  /** The values of the chapters' observers, by topic and name. Older recordings lack it. */
  more?: Record<string, Record<string, string>>
  /** The process with its ancestors and descendants. Older recordings lack it. */
  processes?: ProcessLine[]
  /** What its group has used so far. It is not compared: it is another each time. */
  usage?: Stats
}

/** What to look at beside the process. */
export interface Looks {
  /** Directories of control groups. */
  groups?: string[]
  observers?: (Observer | WideObserver)[]
}

/** Look at process `pid`. Undefined if it has ended. */
export async function observe(
  pid: number,
  { groups = [], observers = [] }: Looks = {},
): Promise<Observation | undefined> {
  try {
    const root = readlinkSync(`/proc/${pid}/root`) // throws without permission, unlike proc.ts
    const [status, stat] = [statusOf(pid), statFields(pid)]
    if (status.size === 0 || !stat) return undefined
    return {
      pid,
      pidInside: Number(status.get('NSpid')?.split(/\s+/).at(-1) ?? pid),
      command: commandName(pid),
      namespaces: namespacesOf(pid),
      hostname: await hostnameOf(pid),
      loopbackUp: procText(pid, 'net/fib_trie').includes('127.0.0.1'),
      root,
      cwd: readlinkSync(`/proc/${pid}/cwd`),
      mounts: mountsOf(pid).map(mountLine),
      groups: Object.fromEntries(groups.map((dir) => [dir, settings(dir)])),
      membership: membershipOf(pid),
      uid: firstOf(status.get('Uid')),
      gid: firstOf(status.get('Gid')),
      uidMap: procText(pid, 'uid_map').trim().replace(/\s+/g, ' '),
      capabilities: status.get('CapEff') ?? '',
      umask: status.get('Umask') ?? '',
      session: Number(stat[6]),
      terminal: Number(stat[7]) !== 0,
      descriptors: withoutOwn(openFiles(pid)),
      details: attributesOf(pid),
      more: await seenBy(observers, pid),
      processes: familyOf(pid),
      ...(groups.length > 0 ? { usage: statsOf(groups) } : {}),
    }
  } catch (error) {
    if (isMissing(error) || errnoOf(error) === 'ESRCH') return undefined
    throw error
  }
}

/** The values of all observers; those of the same topic together. */
async function seenBy(observers: (Observer | WideObserver)[], pid: number) {
  const more: Record<string, Record<string, string>> = {}
  for (const each of observers) {
    const seen = 'look' in each ? { [each.topic]: each.look(pid) } : await each.lookWidely(pid)
    for (const [topic, values] of Object.entries(seen)) more[topic] = { ...more[topic], ...values }
  }
  return more
}

/** A mount as recordings have it, with both kinds of options in one string. */
export function mountLine(mount: Mount): MountLine {
  const { id, parent, device, subtree, target, type, source, propagation } = mount
  const options = `${mount.options} ${mount.superOptions}`
  return { id, parent, device, subtree, target, type, source, options, propagation }
}

/** Read the host name of another process: join its UTS namespace in a separate process. */
function hostnameLook(pid: number): Step[] {
  return [
    toolStep(['setns', `/proc/${pid}/ns/uts`, 'CLONE_NEWUTS'], 'to ask in the other namespace'),
    toolStep(['uname'], 'the name there'),
  ]
}

export async function hostnameOf(pid: number): Promise<string> {
  try {
    const reports = await perform(hostnameLook(pid))
    return reports.at(-1)?.answer.toString() ?? ''
  } catch (error) {
    if (error instanceof StepError) return '' // ignoring: it has ended, or permission is missing
    throw error
  }
}

/** The files of a group that limit something, without those set to "no limit". */
function settings(dir: string): Record<string, string> {
  const found = limiting.map((name) => [name, (tryRead(join(dir, name)) ?? '').trim()] as const)
  return Object.fromEntries(found.filter(([, value]) => value !== '' && !isUnlimited(value)))
}

const limiting = [
  'cpu.cfs_quota_us',
  'cpu.max',
  'cpu.shares',
  'cpu.weight',
  'cpuset.cpus',
  'cpuset.mems',
  'memory.limit_in_bytes',
  'memory.memsw.limit_in_bytes',
  'memory.max',
  'memory.swap.max',
  'pids.max',
]

function isUnlimited(value: string): boolean {
  return /^(max( \d+)?|-1|922337203685477\d+)$/.test(value)
}

/** What each descriptor leads to. A path of the container may also be one of the host's. */
function openFiles(pid: number): Record<string, string> {
  const links = Object.entries(procLinks(pid, 'fd'))
  const shown = links.map(([fd, target]) => {
    return [fd, isOurs(pid, fd, target) ? target : `${target}, not the host's`] as const
  })
  return Object.fromEntries(shown)
}

function isOurs(pid: number, fd: string, target: string): boolean {
  const [theirs, ours] = [`/proc/${pid}/fd/${fd}`, target].map((path) =>
    statSync(path, { throwIfNoEntry: false }),
  )
  return !theirs || !ours || (theirs.dev === ours.dev && theirs.ino === ours.ino)
}

/** Without the native program's own descriptors: its socket to Node, the pipe to its parent. */
function withoutOwn(descriptors: Record<string, string>): Record<string, string> {
  const { [controlFd]: _, [lifelineFd]: __, ...others } = descriptors
  return others
}

function firstOf(value: string | undefined): string {
  return value?.split(/\s+/)[0] ?? ''
}
