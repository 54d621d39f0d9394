/** What doctor knows of a machine: plain data, so that tests can describe any machine. */
import type { Cgroups } from '../../02-cgroups/hierarchies.ts'
import type { HostFinding } from '../../chapter-tools.ts'

/** The result of calls that were made to see whether they work. */
export interface Attempt {
  ok: boolean
  /** The call that failed, as strace prints it. */
  call?: string
  errno?: string
  /** If no call failed: what a program printed, or why nothing was tried. */
  said?: string
  /** Where in the list that was tried the call is, from 0. */
  at?: number
  /** What was read once the calls had succeeded. */
  look?: HostFinding
}

/** The shared tries, each made in a separate process. `list-N` is the list of chapter N. */
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
  | `list-${number}`

/** Results by the name of the try; a capability that a chapter adds is a try of that name. */
export type Tries = Partial<Record<Try, Attempt>> & Partial<Record<string, Attempt>>

/** A kind of container, virtual machine or service that this machine runs in. */
export type Surrounding =
  | 'docker'
  | 'podman'
  | 'kubernetes'
  | 'lxc'
  | 'container'
  | 'wsl1'
  | 'wsl2'
  | 'ci'

export interface DataRootFacts {
  path: string
  filesystem: string
  mountedOn: string
  freeBytes?: number
  /** The names of directories in it on which something is mounted, such as `volumes`. */
  mounted?: string[]
}

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
  /** This is a user namespace: its root is an ordinary user outside of it. */
  mapped: boolean
  /** A seccomp filter is on this process; it cannot be removed. */
  filtered: boolean
  surroundings: Surrounding[]
  /** Whether /proc shows the pid namespace of this process, one above, or not this process. */
  proc: 'own' | 'above' | 'none'
  /** The sysctls of `restricting` that this kernel has, by name. */
  sysctls: Record<string, string>
  cgroups: Cgroups
  /** The version 2 tree seen here is a subtree: it has only the controllers delegated to it. */
  delegated: boolean
  /** The propagation of `/`: `shared:1`, `master:1`, or `private`. */
  propagation: string
  dataRoot: DataRootFacts
  /** Mount points of file systems that could hold a data root instead. */
  elsewhere: string[]
  /** Names of the images in the store. */
  images: string[]
  /** The path of a static busybox. */
  busybox?: string
  tries: Tries
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
] as const

/** Facts that reveal what this machine runs in. */
export interface Hints {
  /** Files in the root directory, and `/run/.containerenv`. */
  files: string[]
  kernel: string
  env: Record<string, string | undefined>
  mountinfo: string
  /** Inode of this process's pid namespace. */
  pidNamespace: string
}

/** The kernel's first pid namespace (include/linux/proc_ns.h, PROC_PID_INIT_INO). */
const firstPidNamespace = '4026531836'

/** What this machine runs in, the most specific first. */
export function surroundingsOf(hints: Hints): Surrounding[] {
  const { files, kernel, env, mountinfo } = hints
  const kind = env['container'] ?? ''
  const isNested = ![firstPidNamespace, ''].includes(hints.pidNamespace)
  // A virtual machine made from a container image has these files too.
  const has = (file: string) => isNested && files.includes(file)
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
