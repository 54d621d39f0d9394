/** Tests. Machines made up for doctor: what probes would have found on them. */
import type { Controller, Hierarchy } from '../runtime/02-cgroups/hierarchies.ts'
import type { Attempt, Machine, Try } from '../runtime/tools/doctor/machine.ts'

const ok: Attempt = { ok: true }

const tries: Try[] = [
  'native', 'close-range', 'pid-namespace', 'mount-namespace', 'uts-namespace', 'ipc-namespace',
  'cgroup-namespace', 'network-namespace', 'user-namespace', 'mount-proc',
  'pivot-root', 'devices', 'terminal', 'data-root', 'overlay', 'cgroups',
  'cgroup-cpu', 'cgroup-cpuset', 'cgroup-memory', 'cgroup-pids', 'cgroup-freezer', 'list-1',
  'list-2', 'list-3', 'list-4', 'list-5',
]

const all: Controller[] = ['cpu', 'cpuset', 'memory', 'pids']

function v2(more: Partial<Hierarchy> = {}): Hierarchy {
  return {
    version: 2,
    mount: '/sys/fs/cgroup',
    controllers: all,
    enabled: all,
    occupied: false,
    writable: true,
    ...more,
  }
}

/** Root on an ordinary Debian, with everything there. */
export const ordinary: Machine = {
  platform: 'linux',
  architecture: 'x64',
  node: '20.19.0',
  kernel: '6.1.0-28-amd64',
  uid: 0,
  lacking: [],
  mapped: false,
  filtered: false,
  surroundings: [],
  proc: 'own',
  sysctls: { 'user.max_user_namespaces': '31000' },
  cgroups: { hierarchies: [v2()] },
  delegated: false,
  propagation: 'private',
  dataRoot: {
    path: '/var/lib/stepbox',
    filesystem: 'ext4',
    mountedOn: '/',
    freeBytes: 80e9,
  },
  elsewhere: [],
  images: ['busybox:latest'],
  busybox: '/usr/bin/busybox',
  tries: Object.fromEntries(tries.map((name) => [name, ok])),
}

/** The ordinary machine with other facts; of `tries`, those that are given are others. */
export function machine(other: Partial<Machine>): Machine {
  return { ...ordinary, ...other, tries: { ...ordinary.tries, ...other.tries } }
}

/** A call that failed. */
export function failed(call: string, errno: string): Attempt {
  return { ok: false, call, errno }
}

const kinds: [name: Try, flag: string][] = [
  ['pid-namespace', 'CLONE_NEWPID'],
  ['mount-namespace', 'CLONE_NEWNS'],
  ['uts-namespace', 'CLONE_NEWUTS'],
  ['ipc-namespace', 'CLONE_NEWIPC'],
  ['cgroup-namespace', 'CLONE_NEWCGROUP'],
  ['network-namespace', 'CLONE_NEWNET'],
]

/** What nobody without CAP_SYS_ADMIN may: namespaces and mounts. */
const withoutAdmin: Machine['tries'] = {
  ...Object.fromEntries(kinds.map(([name, flag]) => [name, failed(`unshare(${flag})`, 'EPERM')])),
  ...Object.fromEntries(
    (['pivot-root', 'devices', 'terminal', 'overlay'] as const).map((name) => [
      name,
      failed('unshare(CLONE_NEWNS)', 'EPERM'),
    ]),
  ),
  'mount-proc': failed('unshare(CLONE_NEWPID)', 'EPERM'),
}

const mkdir = 'mkdir("/sys/fs/cgroup/stepbox-doctor-7-8-cgroups", 0755)'
const withoutGroups = (errno: string): Machine['tries'] =>
  Object.fromEntries(
    (['cgroups', 'cgroup-cpu', 'cgroup-cpuset', 'cgroup-memory', 'cgroup-pids'] as const).map(
      (name) => [name, failed(mkdir, errno)],
    ),
  )

const onOverlay = { path: '/var/lib/stepbox', filesystem: 'overlay', mountedOn: '/' }
const overlayFails = failed('mount("overlay", "merged", "overlay", 0, "lowerdir=lower")', 'EINVAL')

/** `docker run debian`: root with fourteen capabilities, a seccomp filter, read-only groups. */
export const docker = machine({
  lacking: ['NET_ADMIN', 'SYS_ADMIN'],
  filtered: true,
  surroundings: ['docker'],
  cgroups: { hierarchies: [v2({ writable: false })] },
  delegated: true,
  dataRoot: onOverlay,
  tries: {
    ...withoutAdmin,
    ...withoutGroups('EROFS'),
    'user-namespace': failed('unshare(CLONE_NEWUSER)', 'EPERM'),
  },
})

/** `docker run --privileged debian`: everything but a place for write layers. */
export const privilegedDocker = machine({
  surroundings: ['docker'],
  dataRoot: onOverlay,
  tries: { overlay: overlayFails, 'list-4': overlayFails, 'list-5': overlayFails },
})

/** Ubuntu 24.04, an ordinary user. */
export const ubuntuUser = machine({
  uid: 1000,
  lacking: ['SYS_ADMIN'],
  kernel: '6.8.0-45-generic',
  sysctls: {
    'kernel.unprivileged_userns_clone': '1',
    'kernel.apparmor_restrict_unprivileged_userns': '1',
    'user.max_user_namespaces': '31000',
  },
  cgroups: { hierarchies: [v2({ controllers: ['memory', 'pids'], enabled: ['memory', 'pids'] })] },
  delegated: true,
  tries: {
    ...withoutAdmin,
    ...withoutGroups('EACCES'),
    'user-namespace': failed('write("/proc/self/uid_map", "0 1000 1")', 'EPERM'),
  },
})

/** A container of systemd-nspawn or Kubernetes that was handed a branch with processes in it. */
export const occupied = machine({
  surroundings: ['container'],
  cgroups: { hierarchies: [v2({ occupied: true, enabled: ['pids'] })] },
  delegated: true,
  tries: {
    'cgroup-memory': { ok: false, said: 'cannot keep to --memory: memory is not enabled' },
  },
})

/** A Raspberry Pi, whose firmware switches memory groups off. */
export const raspberry = machine({
  architecture: 'arm64',
  cgroups: { hierarchies: [v2({ controllers: ['cpu', 'cpuset', 'pids'] })] },
  tries: { 'cgroup-memory': { ok: false, said: 'cannot keep to --memory: no memory controller' } },
})

export const wsl1 = machine({
  kernel: '4.4.0-19041-Microsoft',
  surroundings: ['wsl1'],
  cgroups: { hierarchies: [] },
  tries: {
    ...withoutAdmin,
    'close-range': failed('close_range(8, 4294967295, CLOSE_RANGE_CLOEXEC)', 'ENOSYS'),
  },
})

export const mac: Machine = { ...ordinary, platform: 'darwin', kernel: '24.1.0', tries: {} }
export const windows: Machine = { ...ordinary, platform: 'win32', uid: -1, tries: {} }

/** Everything that is made up here, by name. */
export const madeUp = {
  ordinary,
  docker,
  privilegedDocker,
  ubuntuUser,
  occupied,
  raspberry,
  wsl1,
  mac,
  windows,
}
