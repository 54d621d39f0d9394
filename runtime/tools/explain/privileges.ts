/** Why a call is not permitted: the credentials of the process, and what restricts it. */
import { existsSync, lstatSync } from 'node:fs'
import type { Call, CallName } from '../../calls.ts'
import type { FailedStep } from '../../chapter-tools.ts'
import { privilegesIn } from '../doctor/privileges.ts'
import { procText, statusField, sysctl } from '../proc.ts'

/** What the kernel's decision depends on. */
export interface Standing {
  /** The effective user id, by the host's numbers. */
  uid: number
  capabilities: string[]
  /** The process is in a user namespace that does not map each id to itself. */
  isMapped: boolean
  /** A seccomp filter is on it. */
  isFiltered: boolean
  /** Its AppArmor profile or SELinux label, as `docker-default (enforce)`; or empty. */
  profile: string
  uidMap: string
  gidMap: string
  /** `allow` or `deny`, of its user namespace. */
  setgroups: string
  /** It owns its files in /proc; after setuid it does not (prctl(2), PR_SET_DUMPABLE). */
  isDumpable: boolean
  sysctls: Record<string, string>
}

/** The standing of the process whose call failed. */
export function standingOf(scene: FailedStep): Standing {
  const { pid } = scene
  const uidMap = procText(pid, 'uid_map')
  const uid = Number(statusField(pid, 'Uid').split(/\s+/)[1])
  return {
    uid,
    isDumpable: lstatSync(`/proc/${pid}/status`).uid === uid,
    capabilities: privilegesIn(statusField(pid, 'CapEff')),
    isMapped: existsSync(`/proc/${pid}/uid_map`) && !/^\s*0\s+0\s+4294967295\s*$/.test(uidMap),
    isFiltered: statusField(pid, 'Seccomp') === '2',
    profile: procText(pid, 'attr/current').replace(/\0|\n/g, ''),
    uidMap,
    gidMap: procText(pid, 'gid_map'),
    setgroups: procText(pid, 'setgroups').trim(),
    sysctls: Object.fromEntries(restricting.map((name) => [name, sysctl(name)])),
  }
}

const apparmorSwitch = 'kernel.apparmor_restrict_unprivileged_userns'
const debianSwitch = 'kernel.unprivileged_userns_clone'
const kinds = ['user', 'pid', 'mnt', 'uts', 'ipc', 'net', 'cgroup', 'time'] as const
const restricting = [
  apparmorSwitch,
  debianSwitch,
  ...kinds.map((kind) => `user.max_${kind}_namespaces`),
]

/** The capability that each call needs (capabilities(7)). */
const needed: Partial<Record<CallName, string>> = {
  unshare: 'SYS_ADMIN',
  setns: 'SYS_ADMIN',
  mount: 'SYS_ADMIN',
  umount2: 'SYS_ADMIN',
  pivot_root: 'SYS_ADMIN',
  sethostname: 'SYS_ADMIN',
  setdomainname: 'SYS_ADMIN',
  setrlimit: 'SYS_RESOURCE',
  chroot: 'SYS_CHROOT',
  mknod: 'MKNOD',
  ioctl_ifflags: 'NET_ADMIN',
  setgroups: 'SETGID',
  setgid: 'SETGID',
  setuid: 'SETUID',
  fchown: 'CHOWN',
  lchown: 'CHOWN',
}

/** A call failed with EPERM or EACCES. */
export function deniedCause(call: Call, errno: string, standing: Standing): string | undefined {
  const { uid, capabilities, profile, isMapped, isFiltered } = standing
  if (call[0] === 'write') return mapCause(call[1], errno, standing)
  const capability = needed[call[0]]
  if (capability === undefined) return undefined
  if (call[0] === 'unshare' && call[1].includes('CLONE_NEWUSER') && uid !== 0)
    return standing.sysctls[debianSwitch] === '0'
      ? `ordinary users may not make user namespaces: ${debianSwitch} is 0`
      : undefined
  if (call[0] === 'setgroups' && isMapped && standing.setgroups === 'deny')
    return 'setgroups is denied in this user namespace, for as long as it lives'
  if (!capabilities.includes(capability)) {
    if (isMapped && standing.sysctls[apparmorSwitch] === '1' && capabilities.length === 0)
      return `AppArmor removes the capabilities: ${apparmorSwitch} is 1`
    if (uid !== 0) return `this needs root with CAP_${capability}; uid ${uid} does not have it`
    return `this root lacks CAP_${capability}${docker(profile)}`
  }
  if (errno === 'EACCES' && / \(enforce\)$/.test(profile))
    return `it has CAP_${capability}, but AppArmor's profile ${profile} denies the call`
  if (isMapped && call[0] === 'mount' && (call[3] === 'proc' || call[3] === 'sysfs'))
    return `in a user namespace ${call[3]} can be mounted only if a whole one is visible already`
  if (isMapped) return 'this is root of a user namespace only, not of the machine'
  if (isFiltered)
    return `it has CAP_${capability}, but a seccomp filter denies the call${docker(profile)}`
  return undefined
}

/** `docker-default` is the profile of all Docker containers except privileged ones. */
function docker(profile: string): string {
  return profile.startsWith('docker-default') ? ', as in Docker without --privileged' : ''
}

/** Why an id map cannot be written (user_namespaces(7)). */
function mapCause(path: string, errno: string, standing: Standing): string | undefined {
  const [, file] = /\/(uid_map|gid_map)$/.exec(path) ?? []
  if (!file) return undefined
  if (errno === 'EACCES')
    return standing.isDumpable ? undefined : 'after setuid a process does not own /proc/self'
  if (standing.uid !== 0 && standing.sysctls[apparmorSwitch] === '1')
    return `AppArmor restricts user namespaces: ${apparmorSwitch} is 1`
  if (file === 'gid_map' && standing.isMapped && standing.setgroups === 'allow')
    return "an ordinary user must first write 'deny' to /proc/self/setgroups"
  return undefined
}

/** A call with an id failed with EINVAL: in a user namespace only mapped ids exist. */
export function unmappedCause(call: Call, { isMapped, uidMap, gidMap }: Standing) {
  if (!isMapped) return undefined
  const missing = idsIn(call).find(([kind, id]) => !isIn(kind === 'uid' ? uidMap : gidMap, id))
  const [kind, id] = missing ?? []
  return kind && `${kind} ${id} does not exist in this user namespace: its ${kind}_map lacks it`
}

function idsIn(call: Call): ['uid' | 'gid', number][] {
  if (call[0] === 'setuid') return [['uid', call[1]]]
  if (call[0] === 'setgid') return [['gid', call[1]]]
  if (call[0] === 'setgroups') return call[1].map((id) => ['gid', id])
  if (call[0] !== 'fchown' && call[0] !== 'lchown') return []
  return [
    ['uid', call[2]],
    ['gid', call[3]],
  ]
}

/** A line of a map has the first id inside, the first id outside, and the count. */
function isIn(map: string, id: number): boolean {
  return map.split('\n').some((line) => {
    const [first = NaN, , count = NaN] = line.trim().split(/\s+/).map(Number)
    return id >= first && id < first + count
  })
}

const limited: Record<string, (typeof kinds)[number]> = {
  CLONE_NEWUSER: 'user',
  CLONE_NEWPID: 'pid',
  CLONE_NEWNS: 'mnt',
  CLONE_NEWUTS: 'uts',
  CLONE_NEWIPC: 'ipc',
  CLONE_NEWNET: 'net',
  CLONE_NEWCGROUP: 'cgroup',
  CLONE_NEWTIME: 'time',
}

/** unshare failed with ENOSPC: the number of namespaces is limited (namespaces(7)). */
export function namespaceLimit(flags: string[], { sysctls }: Standing): string | undefined {
  const names = flags.map((flag) => `user.max_${limited[flag]}_namespaces`)
  const zero = names.find((name) => sysctls[name] === '0')
  return zero && `${zero} is 0: no such namespace can be made`
}
