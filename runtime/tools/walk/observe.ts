/** Step by step. A half-built container as the kernel shows it, read from the host's side. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { perform, StepError } from '../../native.ts'
import { stepOf, type Step } from '../../step.ts'

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
  const proc = `/proc/${pid}`
  try {
    const status = fields(readFileSync(`${proc}/status`, 'utf8'))
    const stat = readFileSync(`${proc}/stat`, 'latin1')
    const [, , , session = '0', terminal = '0'] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      pid,
      pidInside: Number(status.get('NSpid')?.split(/\s+/).at(-1) ?? pid),
      command: readFileSync(`${proc}/comm`, 'utf8').trim(),
      namespaces: inodes(links(`${proc}/ns`)),
      hostname: await hostnameOf(pid),
      loopbackUp: text(`${proc}/net/fib_trie`).includes('127.0.0.1'),
      root: readlinkSync(`${proc}/root`),
      cwd: readlinkSync(`${proc}/cwd`),
      mounts: mountsOf(text(`${proc}/mountinfo`)),
      groups: Object.fromEntries(groups.map((dir) => [dir, settings(dir)])),
      membership: text(`${proc}/cgroup`).trim().split('\n'),
      uid: firstOf(status.get('Uid')),
      gid: firstOf(status.get('Gid')),
      uidMap: text(`${proc}/uid_map`).trim().replace(/\s+/g, ' '),
      capabilities: status.get('CapEff') ?? '',
      umask: status.get('Umask') ?? '',
      session: Number(session),
      terminal: Number(terminal) !== 0,
      descriptors: withoutOwn(links(`${proc}/fd`)),
    }
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** The lines of a mountinfo file (proc_pid_mountinfo(5)). */
export function mountsOf(mountinfo: string): MountLine[] {
  return mountinfo
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [head = '', tail = ''] = line.split(' - ')
      const [id = '', , device = '', subtree = '', target = '', own = '', ...optional] =
        head.split(' ')
      const [type = '', source = '', ofType = ''] = tail.split(' ')
      return {
        id,
        device,
        subtree: unescaped(subtree),
        target: unescaped(target),
        type,
        source: unescaped(source),
        options: `${own} ${ofType}`,
        propagation: optional.filter((each) => each !== '').join(' '),
      }
    })
}

const step = stepOf(1)

/** A look into another process's host name: join its namespace in a process of one's own. */
function hostnameLook(pid: number): Step[] {
  return [
    step(['setns', `/proc/${pid}/ns/uts`, 'CLONE_NEWUTS'], 'to ask in the other namespace'),
    step(['uname'], 'the name there'),
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
  const found = limiting.map((name) => [name, text(join(dir, name)).trim()] as const)
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

function links(dir: string): Record<string, string> {
  const names = readdirSync(dir)
  return Object.fromEntries(
    names.flatMap((name) => {
      const target = linkIn(dir, name)
      return target === undefined ? [] : [[name, target]]
    }),
  )
}

/**
 * Without the two that the native program keeps for itself: its socket, and the line to its
 * parent.
 */
function withoutOwn({ 3: _, 32: __, ...others }: Record<string, string>): Record<string, string> {
  return others
}

/** `pid:[4026531836]` is number 4026531836. */
function inodes(namespaces: Record<string, string>): Record<string, string> {
  const entries = Object.entries(namespaces)
  return Object.fromEntries(entries.map(([name, link]) => [name, link.replace(/\D/g, '')]))
}

function linkIn(dir: string, name: string): string | undefined {
  try {
    return readlinkSync(join(dir, name))
  } catch {
    return undefined // ignoring: a namespace that the process has not, or a descriptor just closed
  }
}

function fields(status: string): Map<string, string> {
  return new Map(
    status.split('\n').map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    }),
  )
}

function firstOf(value: string | undefined): string {
  return value?.split(/\s+/)[0] ?? ''
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ignoring: this kernel has no such file, or the process ended
  }
}

function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  )
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ENOENT' || code === 'ESRCH'
}
