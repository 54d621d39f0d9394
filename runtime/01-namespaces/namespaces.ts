/**
 * Namespaces: what a process sees of pids, names, mounts and the network.
 *
 * Their order in the list matters. The pid namespace comes first, because only a child is in it.
 * That child makes the others, so the waiting parent stays in the host's. Mounts are made private
 * before the first mount. /proc comes last, mounted by a process of the new pid namespace.
 */
import type { NamespaceFlag } from '../flag-names.ts'
import { firstFd } from '../descriptors.ts'
import type { PlanOptions } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import type { SharedNamespaces } from './sharing.ts'

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
 * with the list and dies with its parent (PR_SET_PDEATHSIG). With `pid`, the namespace is shared:
 * it stays the host's, or is joined. There is a child then, too: the parent is what the caller
 * waits for.
 */
export function processIds(pid?: SharedNamespaces['pid']): Step[] {
  const own = 'the next child becomes process 1 of a new pid namespace'
  return [
    ...(pid === undefined ? [step(['unshare', ['CLONE_NEWPID']], own)] : []),
    ...joined(pid, 'CLONE_NEWPID', "the next child is one of that container's processes"),
    step(['fork'], 'this is that child; it goes on with the list, its parent waits for it'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'when the parent dies, so does the container'),
  ]
}

/** Enter the namespace of another container, if that is what is shared; else there is no step. */
function joined(shared: string | undefined, nstype: NamespaceFlag, why: string): Step[] {
  return shared?.startsWith('/proc/') ? [step(['setns', shared, nstype], why)] : []
}

/**
 * `host` shares the host's network, a path `/proc/…` that of a process. With any other name the
 * container has a private one.
 */
export type Network = 'none' | 'host' | (string & {})

/** Whether a container has a network namespace of its own. */
export function isOwnNetwork(network: Network | undefined): boolean {
  return network !== 'host' && !network?.startsWith('/proc/')
}

declare module '../options.ts' {
  interface ContainerOptions {
    network?: Network
    /** `host`: it sees its control group by its name, as the host does. */
    cgroupns?: 'host'
  }
  interface PlanOptions {
    network: Network
    cgroupns?: 'host'
  }
}

/**
 * Private mounts, names, IPC, network and view of control groups, in one unshare(2). Its mounts are
 * always its own; the others are not if `host` is asked for. The IPC and network namespaces may
 * also be some to join; an IPC `none` is one of its own.
 *
 * A cgroup namespace takes the group that the process is in *now* as its root
 * (cgroup_namespaces(7)), so the process joins its group before.
 */
export function namespaces({ network, ipc, uts, cgroupns }: NamespaceOptions): Step[] {
  const isOwnIpc = ipc === undefined || ipc === 'none'
  const rows: [flag: NamespaceFlag, what: string, isOwn: boolean][] = [
    ['CLONE_NEWNS', 'mounts', true],
    ['CLONE_NEWUTS', 'names', uts !== 'host'],
    ['CLONE_NEWIPC', 'IPC', isOwnIpc],
    ['CLONE_NEWCGROUP', 'groups', cgroupns !== 'host'],
    ['CLONE_NEWNET', 'the network', isOwnNetwork(network)],
  ]
  const own = rows.filter(([, , isOwn]) => isOwn)
  const words = own.map(([, what]) => what)
  const last = words.pop()
  const first = words.length > 0 ? `${words.join(', ')} and ` : ''
  const theirs = "message queues and System V's shared memory are that container's"
  return [
    ...joined(ipc, 'CLONE_NEWIPC', theirs),
    ...joined(network, 'CLONE_NEWNET', "interfaces, addresses and ports are that container's"),
    step(
      ['unshare', own.map(([flag]) => flag)],
      `from here on, ${first}${last} are private`,
    ),
  ]
}

type NamespaceOptions = Pick<PlanOptions, 'network' | 'ipc' | 'uts' | 'cgroupns'>

/** Keep mounts in this namespace, even if the host's / is shared (mount_namespaces(7)). */
export function privateMounts(): Step[] {
  return [
    step(
      ['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null],
      'otherwise a mount made here appears on the host too (mount propagation)',
    ),
  ]
}

/**
 * The names that uname(2) returns, each at most 64 bytes: the host name, and the domain's if
 * there is one. With `uts` there is no step: the names are the host's.
 */
export function hostname({
  hostname: name,
  domainname,
  uts,
}: Pick<PlanOptions, 'hostname' | 'domainname' | 'uts'>): Step[] {
  if (uts === 'host') return []
  return [
    step(['sethostname', name], 'the container has a name, and the host keeps its own'),
    ...(domainname === undefined
      ? []
      : [step(['setdomainname', domainname], 'its NIS domain, which the host does not share')]),
  ]
}

/** Bring lo up: in a new network namespace it exists, but is down. Another's is left alone. */
export function loopback(network: Network): Step[] {
  if (!isOwnNetwork(network)) return []
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
