/** What the kernel must have for others to be let in, and for their files: rows of doctor. */
import type { Capability } from '../chapter-tools.ts'
import type { Call } from '../calls.ts'
import { firstFd } from '../descriptors.ts'
import { identify } from '../process.ts'
import { toolStep, type Step } from '../step.ts'

/** In the order of their versions of Linux. Each try ends with its process. */
export const execCapabilities: Capability[] = [
  {
    name: 'pidfd',
    topic: 'namespaces',
    tried: () => tries(thisProcess()),
    found: 'pidfd_open(2)',
    why: 'a process is held by a descriptor since Linux 5.3: exec and health checks need that',
  },
  {
    name: 'setns-pidfd',
    topic: 'namespaces',
    tried: () => tries(thisProcess(), ['setns_pidfd', firstFd, 'CLONE_NEWUTS']),
    found: 'setns(pidfd, …)',
    why: 'namespaces are joined by a pidfd since Linux 5.8: exec and health checks need that',
  },
  {
    name: 'openat2',
    topic: 'files',
    tried: () => tries(root, ['openat2', firstFd, '/..', ['O_PATH'], ['RESOLVE_IN_ROOT']]),
    found: 'openat2(…, RESOLVE_IN_ROOT)',
    why: 'names are resolved inside a root since Linux 5.6: cp and names of users need that',
  },
  {
    name: 'mount-setattr',
    topic: 'files',
    tried: () => tries(...copiedRoot, ['mount_setattr', copied, [], ['MOUNT_ATTR_NODEV'], []]),
    found: 'mount_setattr(…, MOUNT_ATTR_NODEV)',
    why: 'an unattached mount is changed since Linux 5.12: cp needs that, to open no device',
  },
]

const root: Call = ['open', '/', ['O_PATH', 'O_CLOEXEC'], 0]

/** A copy of the mount of `/` that is attached nowhere. */
const copiedRoot: Call[] = [
  ['unshare', ['CLONE_NEWNS']],
  ['open_tree', '/', ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC']],
]
const copied = `/proc/self/fd/${firstFd}`

/** A descriptor of the process that this is. */
function thisProcess(): Call {
  const { pid, start } = identify(process.pid) ?? {}
  if (pid === undefined || start === undefined) throw new Error('/proc does not show this process')
  return ['pidfd_open', pid, start]
}

function tries(...calls: Call[]): Step[] {
  return calls.map((call) => toolStep(call, 'to see whether this machine allows it'))
}
