/** Step by step. What doctor knows of a machine: plain data, so that any machine can be made up. */
import type { Cgroups } from '../../02-cgroups/hierarchies.ts'

/** What came of calls that were made to see whether they work. */
export interface Attempt {
  ok: boolean
  /** The call that failed, as strace prints it. */
  call?: string
  errno?: string
  /** Where no call failed: what a program said, or why nothing was tried. */
  said?: string
}

/** What is tried, each in a process of its own. `list-N` is the list of chapter N. */
export type Try =
  | 'native'
  | 'close-range'
  | 'pid-namespace'
  | 'mount-namespace'
  | 'uts-namespace'
  | 'ipc-namespace'
  | 'cgroup-namespace'
  | 'network-namespace'
  | 'user-namespace'
  | 'time-namespace'
  | 'rootless'
  | 'mount-proc'
  | 'pivot-root'
  | 'devices'
  | 'terminal'
  | 'data-root'
  | 'overlay'
  | 'cgroups'
  | 'cgroup-cpu'
  | 'cgroup-cpuset'
  | 'cgroup-memory'
  | 'cgroup-pids'
  | 'cgroup-freezer'
  | 'veth'
  | 'bridge'
  | 'nft'
  | 'iptables'
  | `list-${number}`

/** What a machine is inside of, as far as it shows. */
export type Surrounding =
  | 'docker'
  | 'podman'
  | 'kubernetes'
  | 'lxc'
  | 'container'
  | 'wsl1'
  | 'wsl2'
  | 'ci'

/** The results of all probes. What could not be found out is absent or empty. */
export interface Machine {
  /** As Node names it: `linux`, `darwin`, `win32`. */
  platform: string
  /** As Node names it: `x64`, `arm64`. */
  architecture: string
  /** `20.19.0` */
  node: string
  /** The kernel's release, `6.8.0-45-generic`. */
  kernel: string
  uid: number
  /** Names of the capabilities that lists need and this process lacks. */
  lacking: string[]
  /** This is a user namespace: its root is an ordinary user to the machine. */
  mapped: boolean
  /** A seccomp filter is on this process already, and it cannot be taken off. */
  filtered: boolean
  /** What a seccomp filter may do here: `kill_process errno …`; empty where there is no seccomp. */
  seccompActions: string
  surroundings: Surrounding[]
  /** Whether /proc shows the pid namespace of this process, one above, or not this process. */
  proc: 'own' | 'above' | 'none'
  /** By name; those that this kernel has of what restricts namespaces. */
  sysctls: Record<string, string>
  cgroups: Cgroups
  /** The version 2 tree that is seen here is a branch: what it has is what was handed down. */
  delegated: boolean
  /** How `/` spreads mounts: `shared:1`, `master:1`, or `private`. */
  propagation: string
  dataRoot: { path: string; filesystem: string; mountedOn: string; freeBytes?: number }
  /** File systems that could hold a data root instead, by where they are mounted. */
  elsewhere: string[]
  /** Names of the images in the store. */
  images: string[]
  /** A static busybox. */
  busybox?: string
  tries: Partial<Record<Try, Attempt>>
}

/** The sysctls that restrict namespaces; most kernels have only some of them. */
export const restricting = [
  'kernel.unprivileged_userns_clone',
  'kernel.apparmor_restrict_unprivileged_userns',
  'user.max_user_namespaces',
  'user.max_pid_namespaces',
  'user.max_mnt_namespaces',
  'user.max_uts_namespaces',
  'user.max_ipc_namespaces',
  'user.max_net_namespaces',
  'user.max_cgroup_namespaces',
  'user.max_time_namespaces',
] as const

/** What tells where this machine is inside of. */
export interface Hints {
  /** Files in the root directory, and `/run/.containerenv`. */
  files: string[]
  kernel: string
  env: Record<string, string | undefined>
  mountinfo: string
  /** Inode of the pid namespace of whoever looks. */
  pidNamespace: string
}

/** The pid namespace that the kernel begins with (include/linux/proc_ns.h, PROC_PID_INIT_INO). */
const firstPidNamespace = '4026531836'

/** What this machine is inside of, from the traces that each leaves. Most telling first. */
export function surroundingsOf(hints: Hints): Surrounding[] {
  const { files, kernel, env, mountinfo } = hints
  const kind = env['container'] ?? ''
  const isNested = ![firstPidNamespace, ''].includes(hints.pidNamespace)
  const has = (file: string) => isNested && files.includes(file) // virtual machines have it too
  const found: [Surrounding, boolean][] = [
    ['wsl2', /microsoft/i.test(kernel) && /WSL2|^[5-9]\./.test(kernel)],
    ['wsl1', /Microsoft/.test(kernel) && !/WSL2|^[5-9]\./.test(kernel)],
    ['docker', mountinfo.includes('/docker/containers/') || has('/.dockerenv')],
    ['podman', kind === 'podman' || has('/run/.containerenv')],
    ['kubernetes', env['KUBERNETES_SERVICE_HOST'] !== undefined],
    ['lxc', kind === 'lxc'],
    ['ci', env['CI'] !== undefined && !['', 'false'].includes(env['CI'])],
  ]
  const names = found.flatMap(([name, holds]) => (holds ? [name] : []))
  const isInside = names.some((name) => name !== 'ci')
  return isInside || !isNested ? names : ['container', ...names]
}
