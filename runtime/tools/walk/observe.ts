/** Step by step. A half-built container as the kernel shows it, read from the host's side. */
import { readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { isMissing, tryRead } from '../../files.ts'
import type { Mount } from '../../mountinfo.ts'
import { perform, StepError } from '../../native.ts'
import { statFields } from '../../process.ts'
import { errnoOf } from '../../staging.ts'
import { controlFd, lifelineFd } from '../../descriptors.ts'
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

export interface MountLine {
  /** Of the mount, unique while it exists. */
  id: string
  /** Of the file system, as `major:minor`: two mounts that have the same show the same files. */
  device: string
  /** Which directory of the file system is mounted. */
  subtree: string
  target: string
  type: string
  source: string
  /** Options of this mount, then those of its file system, as mountinfo has them. */
  options: string
  /** `shared:1`, `master:1`, or empty when it is private. */
  propagation: string
}

/** Everything that a plan can change in a process, at one moment. Plain data, for a file too. */
export interface Observation {
  /** The process that walks through the list, by the host's number and by its own. */
  pid: number
  pidInside: number
  command: string
  /** Inode of each namespace, as /proc/<pid>/ns has them. */
  namespaces: Record<string, string>
  hostname: string
  loopbackUp: boolean
  root: string
  cwd: string
  mounts: MountLine[]
  /** The directories of its control group, each with the settings that limit something. */
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
  /** What each open descriptor is. */
  descriptors: Record<string, string>
}

/** Look at process `pid`, and at the control groups in `groups`. Undefined when it is gone. */
export async function observe(pid: number, groups: string[]): Promise<Observation | undefined> {
  try {
    const root = readlinkSync(`/proc/${pid}/root`) // throws if we may not look, unlike proc.ts
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
      descriptors: withoutOwn(procLinks(pid, 'fd')),
    }
  } catch (error) {
    if (isMissing(error) || errnoOf(error) === 'ESRCH') return undefined
    throw error
  }
}

/** A mount as recordings have it: both kinds of options in one string. */
export function mountLine(mount: Mount): MountLine {
  const { id, device, subtree, target, type, source, propagation } = mount
  const options = `${mount.options} ${mount.superOptions}`
  return { id, device, subtree, target, type, source, options, propagation }
}

/** A look into another process's host name: join its namespace in a process of one's own. */
function hostnameLook(pid: number): Step[] {
  return [
    toolStep(['setns', `/proc/${pid}/ns/uts`, 'CLONE_NEWUTS'], 'to ask in the other namespace'),
    toolStep(['uname'], 'the name there'),
  ]
}

async function hostnameOf(pid: number): Promise<string> {
  try {
    const reports = await perform(hostnameLook(pid))
    return reports.at(-1)?.answer.toString() ?? ''
  } catch (error) {
    if (error instanceof StepError) return '' // ignoring: it ended, or we may not look
    throw error
  }
}

/** The files of a group that can limit something, and are not at "no limit". */
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

/**
 * Without the two that the native program keeps for itself: its socket to Node, and the pipe to
 * its parent.
 */
function withoutOwn(descriptors: Record<string, string>): Record<string, string> {
  const { [controlFd]: _, [lifelineFd]: __, ...others } = descriptors
  return others
}

function firstOf(value: string | undefined): string {
  return value?.split(/\s+/)[0] ?? ''
}
