/**
 * Namespaces: what a process sees of pids, names, mounts and the network.
 *
 * Their order in the list matters. The pid namespace comes first, because only a child is in it.
 * That child makes the others, so the waiting parent stays in the host's. Mounts are made private
 * before the first mount. /proc comes last, mounted by a process of the new pid namespace.
 */
import type { NamespaceFlag } from '../calls.ts'
import { firstFd } from '../descriptors.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(1)

/** Close every descriptor from `first` on, so that none of the caller's files stays open. */
export function closeInherited(first = firstFd): Step[] {
  return [
    step(
      ['close_range', first, 4294967295, []],
      'a descriptor that leaks into the container is a way back to the host',
    ),
  ]
}

/**
 * Process ids that begin at 1. unshare(2) leaves the caller in its pid namespace; only its next
 * child is in the new one (pid_namespaces(7)). So the caller forks and waits, and the child goes on
 * with the list and dies with its parent.
 */
export function processIds(): Step[] {
  return [
    step(['unshare', ['CLONE_NEWPID']], 'the next child becomes process 1 of a new pid namespace'),
    step(['fork'], 'this is that child; it goes on with the list, its parent waits for it'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'when the parent dies, so does the container'),
  ]
}

/** `host` shares the host's network. With any other name the container has a private one. */
export type Network = 'none' | 'host' | (string & {})

declare module '../options.ts' {
  interface ContainerOptions {
    network?: Network
  }
  interface PlanOptions {
    network: Network
  }
}

/**
 * Private mounts, host name, IPC, network and view of control groups. A cgroup namespace takes the
 * group that the process is in *now* as its root (cgroup_namespaces(7)), so the process joins its
 * group before.
 */
export function namespaces(network: Network): Step[] {
  const flags: NamespaceFlag[] = ['CLONE_NEWNS', 'CLONE_NEWUTS', 'CLONE_NEWIPC', 'CLONE_NEWCGROUP']
  if (network !== 'host') flags.push('CLONE_NEWNET')
  const own = network === 'host' ? 'names, IPC and groups' : 'names, IPC, groups and the network'
  return [step(['unshare', flags], `from here on, mounts, ${own} are private`)]
}

/** Keep mounts in this namespace, even if the host's / is shared (mount_namespaces(7)). */
export function privateMounts(): Step[] {
  return [
    step(
      ['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null],
      'otherwise a mount made here appears on the host too (mount propagation)',
    ),
  ]
}

/** The name that uname(2) returns, at most 64 bytes. */
export function hostname(name: string): Step[] {
  return [step(['sethostname', name], 'the container has a name, and the host keeps its own')]
}

/** Bring lo up: in a new network namespace it exists, but is down. */
export function loopback(network: Network): Step[] {
  if (network === 'host') return []
  return [step(['ioctl_ifflags', 'lo', ['IFF_UP']], 'a new network has only lo, and it is down')]
}

/** A new /proc: it shows the pid namespace of the process that mounts it (proc(5)). */
export function proc(): Step[] {
  return [
    step(
      ['mount', 'proc', '/proc', 'proc', ['MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC'], null],
      "without it, ps reads the host's /proc and shows the host's processes",
    ),
  ]
}
