/** The shared capabilities of a machine, by the names that chapters and tests ask for. */
import {
  asRoot,
  causeOf,
  generalCause,
  lackingCause,
  namespaceCause,
  programCause,
  rootCause,
  systemCause,
  userNamespaceCause,
  withRemedy,
  type Cause,
} from './causes.ts'
import { controllerVerdict, groupsVerdict } from './groups.ts'
import type { Capability } from '../../chapter-tools.ts'
import type { Attempt, Machine } from './machine.ts'
import { dataRootVerdict, imageVerdict, overlayVerdict } from './storage.ts'
import { byTrying, failureIn, no, unknown, yes, type Rule, type MachineVerdict } from './verdict.ts'

const linux: Rule = (machine) => {
  const cause = systemCause(machine)
  return cause ? no(machine.platform, cause) : yes(`${machine.kernel}, ${machine.architecture}`)
}

/** Decided by the call, not by the version: distributions backport calls to older kernels. */
const kernel: Rule = (machine) => {
  const tried = machine.tries['close-range']
  if (!tried) return unknown(machine)
  const [major = 0, minor = 0] = machine.kernel.split('.').map(Number)
  const isNew = major > 5 || (major === 5 && minor >= 11)
  const wanted = 'Stepbox is made for Linux 5.11 or newer'
  if (!tried.ok) return no(failureIn(machine, 'close-range'), { why: wanted })
  return isNew
    ? yes('close_range(…, CLOSE_RANGE_CLOEXEC)')
    : { state: 'part', found: machine.kernel, why: `${wanted}; this one has its calls` }
}

const node: Rule = ({ node: version }) => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return yes(version)
  const remedy = 'https://nodejs.org/en/download'
  return no(version, { why: 'Stepbox needs Node 20.19 or newer', remedy })
}

const native: Rule = (machine) => {
  const system = systemCause(machine)
  if (system) return unknown(machine, system)
  const cause = programCause(machine)
  return cause ? no('native/stepbox', cause) : yes('native/stepbox')
}

const root: Rule = (machine) => {
  const system = systemCause(machine)
  if (system) return unknown(machine, system)
  if (machine.uid !== 0) return no(`uid ${machine.uid}`, rootCause)
  if (machine.lacking.length > 0) return no('uid 0', lackingCause(machine))
  return yes(`uid 0${machine.filtered ? ', below a seccomp filter' : ', with its capabilities'}`)
}

const proc: Rule = (machine) => {
  const system = systemCause(machine)
  if (system) return unknown(machine, system)
  if (machine.proc === 'own') return yes('/proc shows this process')
  if (machine.proc === 'above') {
    const why = 'this is a new pid namespace, and /proc is still that of its parent'
    return no('/proc/self is another number', { why, remedy: 'mount -t proc proc /proc' })
  }
  const why = "another /proc covers this machine's, or none is mounted"
  return no('no /proc/self', { why, remedy: asRoot(machine, 'npx stepbox reset') })
}

/** The flag of unshare(2), the name in sysctls, the kernel's build option. */
const kinds = {
  'pid-namespace': ['CLONE_NEWPID', 'pid', 'PID_NS'],
  'mount-namespace': ['CLONE_NEWNS', 'mnt', 'NAMESPACES'],
  'uts-namespace': ['CLONE_NEWUTS', 'uts', 'UTS_NS'],
  'ipc-namespace': ['CLONE_NEWIPC', 'ipc', 'IPC_NS'],
  'cgroup-namespace': ['CLONE_NEWCGROUP', 'cgroup', 'CGROUPS'],
  'network-namespace': ['CLONE_NEWNET', 'net', 'NET_NS'],
} as const

function namespace(name: keyof typeof kinds): Rule {
  const [flag, short, option] = kinds[name]
  const cause = (machine: Machine) =>
    namespaceCause(machine, machine.tries[name], { short, option })
  return byTrying(name, `unshare(${flag})`, cause)
}

const userNamespace: Rule = byTrying(
  'user-namespace',
  'unshare(CLONE_NEWUSER), and rights in it',
  (machine) => userNamespaceCause(machine, machine.tries['user-namespace']),
)

const mountProc: Rule = byTrying('mount-proc', 'mount("proc", "/proc", "proc", …)', (machine) => {
  const { call = '', errno } = machine.tries['mount-proc'] ?? {}
  const isHidden = call.startsWith('mount("proc"') && errno === 'EPERM' && machine.uid === 0
  if (!isHidden || machine.lacking.length > 0) return causeOf(machine, machine.tries['mount-proc'])
  return { why: 'parts of /proc are hidden here, so the kernel permits no new mount of proc' }
})

const pivotRoot: Rule = byTrying('pivot-root', 'pivot_root(".", ".")', (machine) => {
  const { call = '', errno } = machine.tries['pivot-root'] ?? {}
  const isInitramfs = call.startsWith('pivot_root') && errno === 'EINVAL'
  if (isInitramfs) return { why: '/ is the initramfs itself, which pivot_root(2) cannot replace' }
  return causeOf(machine, machine.tries['pivot-root'])
})

const rules = {
  linux,
  kernel,
  node,
  native,
  root,
  proc,
  'pid-namespace': namespace('pid-namespace'),
  'mount-namespace': namespace('mount-namespace'),
  'uts-namespace': namespace('uts-namespace'),
  'ipc-namespace': namespace('ipc-namespace'),
  'cgroup-namespace': namespace('cgroup-namespace'),
  'network-namespace': namespace('network-namespace'),
  'user-namespace': userNamespace,
  cgroups: groupsVerdict,
  'cgroup-cpu': controllerVerdict('cpu'),
  'cgroup-cpuset': controllerVerdict('cpuset'),
  'cgroup-memory': controllerVerdict('memory'),
  'cgroup-pids': controllerVerdict('pids'),
  'cgroup-freezer': controllerVerdict('freezer'),
  'data-root': dataRootVerdict,
  image: imageVerdict,
  'mount-proc': mountProc,
  'pivot-root': pivotRoot,
  devices: byTrying('devices', 'mknod("/dev/null", S_IFCHR|0666, makedev(1, 3))'),
  terminal: byTrying('terminal', 'a terminal in a private devpts'),
  overlay: overlayVerdict,
}

/** The shared capabilities; chapters add others. */
export type CapabilityName = keyof typeof rules

/** The shared capabilities by topic, in the order in which they are shown. */
export const topics: [topic: string, names: CapabilityName[]][] = [
  ['ground', ['linux', 'kernel', 'node', 'native', 'root', 'proc']],
  [
    'namespaces',
    [
      'pid-namespace',
      'mount-namespace',
      'uts-namespace',
      'ipc-namespace',
      'cgroup-namespace',
      'network-namespace',
      'user-namespace',
    ],
  ],
  [
    'control groups',
    ['cgroups', 'cgroup-cpu', 'cgroup-cpuset', 'cgroup-memory', 'cgroup-pids', 'cgroup-freezer'],
  ],
  ['files', ['data-root', 'image', 'mount-proc', 'pivot-root', 'devices', 'terminal', 'overlay']],
]

/** The verdict on a shared capability. Pure: it follows from `machine` alone. */
export function verdictOn(name: CapabilityName, machine: Machine): MachineVerdict {
  return rules[name](machine)
}

/** The verdict on a capability that a chapter adds. Pure. */
export function verdictOnAdded(capability: Capability, machine: Machine): MachineVerdict {
  const { name, found, why, remedy } = capability
  const tried = machine.tries[name]
  if (tried?.ok && tried.look) return tried.look
  const cause = () =>
    generalCause(machine, tried) ?? blamed(capability, tried) ?? withRemedy(why, remedy)
  return byTrying(name, found, cause)(machine)
}

function blamed({ tried, blamed }: Capability, failed: Attempt | undefined): Cause | undefined {
  const step = failed?.at === undefined ? undefined : tried()[failed.at]
  return step && blamed?.(step, failed?.errno ?? '')
}
