/** Step by step. What a machine can do, in the words in which chapters and tests ask for it. */
import {
  asRoot,
  causeOf,
  lackingCause,
  namespaceCause,
  programCause,
  rootCause,
  systemCause,
  userNamespaceCause,
  withRemedy,
} from './causes.ts'
import { controllerVerdict, groupsVerdict } from './groups.ts'
import type { Machine, Try } from './machine.ts'
import { dataRootVerdict, imageVerdict, overlayVerdict } from './storage.ts'
import { byTrying, failureIn, no, unknown, yes, type Rule, type Verdict } from './verdict.ts'

const linux: Rule = (machine) => {
  const cause = systemCause(machine)
  return cause ? no(machine.platform, cause) : yes(`${machine.kernel}, ${machine.architecture}`)
}

/** What counts is the call; a kernel with an older number may have it all the same. */
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
    const why = 'this is a new pid namespace, and /proc is still that of the one above'
    return no('/proc/self is another number', { why, remedy: 'mount -t proc proc /proc' })
  }
  const why = 'another /proc covers the one of this machine, or none is mounted'
  return no('no /proc/self', { why, remedy: asRoot(machine, 'npx stepbox reset') })
}

/** The flag of unshare(2), the name in sysctls, the option that the kernel is built with. */
const kinds = {
  'pid-namespace': ['CLONE_NEWPID', 'pid', 'PID_NS'],
  'mount-namespace': ['CLONE_NEWNS', 'mnt', 'NAMESPACES'],
  'uts-namespace': ['CLONE_NEWUTS', 'uts', 'UTS_NS'],
  'ipc-namespace': ['CLONE_NEWIPC', 'ipc', 'IPC_NS'],
  'cgroup-namespace': ['CLONE_NEWCGROUP', 'cgroup', 'CGROUPS'],
  'network-namespace': ['CLONE_NEWNET', 'net', 'NET_NS'],
  'time-namespace': ['CLONE_NEWTIME', 'time', 'TIME_NS'],
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

/** What an ordinary user may: tried as nobody by root, and otherwise the same as the above. */
const rootless: Rule = (machine) => {
  const name = machine.uid === 0 ? 'rootless' : 'user-namespace'
  const who = machine.uid === 0 ? 'nobody' : `uid ${machine.uid}`
  return byTrying(name, `unshare(CLONE_NEWUSER) as ${who}`, (machine) =>
    userNamespaceCause(machine, machine.tries[name]),
  )(machine)
}

const mountProc: Rule = byTrying('mount-proc', 'mount("proc", "/proc", "proc", …)', (machine) => {
  const { call = '', errno } = machine.tries['mount-proc'] ?? {}
  const isHidden = call.startsWith('mount("proc"') && errno === 'EPERM' && machine.uid === 0
  if (!isHidden || machine.lacking.length > 0) return causeOf(machine, machine.tries['mount-proc'])
  return { why: 'parts of /proc are hidden here, and then no new one may be mounted' }
})

const pivotRoot: Rule = byTrying('pivot-root', 'pivot_root(".", ".")', (machine) => {
  const { call = '', errno } = machine.tries['pivot-root'] ?? {}
  const isInitramfs = call.startsWith('pivot_root') && errno === 'EINVAL'
  if (isInitramfs) return { why: '/ is the initramfs itself, and pivot_root(2) does not leave it' }
  return causeOf(machine, machine.tries['pivot-root'])
})

const seccomp: Rule = (machine) => {
  const system = systemCause(machine)
  if (system) return unknown(machine, system)
  if (machine.seccompActions.includes('errno')) return yes('a filter may answer with an errno')
  return no('none', { why: 'this kernel was built without CONFIG_SECCOMP_FILTER' })
}

/** Later chapters ask the kernel for it themselves; here a program does, which has to be there. */
function network(name: Try, line: string, wanted: { deb: string; module: string }): Rule {
  return (machine) => {
    const tried = machine.tries[name]
    const general = systemCause(machine) ?? programCause(machine)
    if (!tried && !general) {
      const remedy = asRoot(machine, `apt-get install ${wanted.deb}`)
      return unknown(machine, { why: `no ${line.split(' ')[0]} here to ask with`, remedy })
    }
    return byTrying(name, line, () => {
      if (!tried || tried.call) return causeOf(machine, tried)
      const remedy = asRoot(machine, `modprobe ${wanted.module}`)
      return withRemedy('the kernel has no such thing, or not yet', remedy)
    })(machine)
  }
}

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
  'time-namespace': namespace('time-namespace'),
  'user-namespace': userNamespace,
  rootless,
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
  terminal: byTrying('terminal', 'a terminal in a devpts of its own'),
  overlay: overlayVerdict,
  seccomp,
  veth: network('veth', 'ip link add type veth', { deb: 'iproute2', module: 'veth' }),
  bridge: network('bridge', 'ip link add type bridge', { deb: 'iproute2', module: 'bridge' }),
  nft: network('nft', 'nft add table', { deb: 'nftables', module: 'nf_tables' }),
  iptables: network('iptables', 'iptables -t nat -S', { deb: 'iptables', module: 'iptable_nat' }),
}

export type CapabilityName = keyof typeof rules

/** By topic, in the order in which they are told. */
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
      'time-namespace',
      'user-namespace',
      'rootless',
    ],
  ],
  [
    'control groups',
    ['cgroups', 'cgroup-cpu', 'cgroup-cpuset', 'cgroup-memory', 'cgroup-pids', 'cgroup-freezer'],
  ],
  ['files', ['data-root', 'image', 'mount-proc', 'pivot-root', 'devices', 'terminal', 'overlay']],
  ['for later', ['seccomp', 'veth', 'bridge', 'nft', 'iptables']],
]

/** The verdict on one capability. Pure: it follows from what was seen of the machine. */
export function verdictOn(name: CapabilityName, machine: Machine): Verdict {
  return rules[name](machine)
}
