/**
 * The machine on which a learner's list is carried out: mounts, processes, names, network and
 * control groups are its own, its root file system is busybox and is thrown away, and it holds no
 * path to the host's files. A list that goes wrong breaks this machine and nothing else.
 */
import { basename } from 'node:path'
import { closeInherited, loopback, privateMounts, processIds } from '../01-namespaces/namespaces.ts'
import { group, groupDirs, joinGroup, type Group } from '../02-cgroups/cgroup.ts'
import type { Cgroups } from '../02-cgroups/hierarchies.ts'
import { dev } from '../03-pivot-root/devices.ts'
import { letGo, pivotRoot } from '../03-pivot-root/root.ts'
import type { Call } from '../calls.ts'
import { toolStep, type Ignorable, type Step } from '../step.ts'
import { machineFilter } from './filters.ts'

export interface LabMachine {
  /** An empty directory of the host, where the machine's root is mounted. */
  dir: string
  /** The machine's own group: the learner's groups are made inside. */
  group: Group
  /** Its groups in the tree for devices: one where the host has that tree, or none. */
  devices: string[]
  /** Unpacked layers of the image, topmost first: paths of the host, under which it sees them. */
  layers: string[]
  /** Directories of the host that it sees under the same path, and may write to. */
  shared: string[]
  /** The directory of the host that it has as `/image`, and may write to. */
  image?: string
  /** The directory of the host that it has as `/program`, and can only read. */
  program?: string
  hostname: string
  /** Where the list begins: a directory of the machine. */
  from?: string
}

/**
 * Where the machine has a copy of the image, for chapters whose root is a directory. It is a
 * directory inside of a mount, like any image on a disk.
 */
export const imageCopy = '/image/rootfs'

/** Where the machine has the program that is judged, if it is one. */
export const programPlace = '/program'

/** The calls that make the machine; the learner's list follows. */
export function labMachine(options: LabMachine): Step[] {
  const { dir, group: own, devices, layers, shared, image, program, hostname } = options
  const { from = '/' } = options
  const root = `${dir}/root`
  const at = (path: string) => `${root}${path}`
  return [
    ...closeInherited(),
    ...group(own),
    ...denyDevices(devices),
    ...processIds(),
    ...joinGroup(own),
    ...devices.map((dir) => step(['write', `${dir}/tasks`, '0'])),
    step(['unshare', [...apart]]),
    ...privateMounts(),
    step(['mount', 'tmpfs', dir, 'tmpfs', ['MS_NOSUID', 'MS_NODEV'], 'mode=755,size=64m']),
    ...overlayAt(dir, layers, 'root'),
    step(['mkdir', `${dir}/empty`, 0o755]),
    ...layers.flatMap((layer) => readOnly(layer, at(layer), dir)),
    ...shared.flatMap((path) => bound(path, at(path))),
    ...(image === undefined ? [] : bound(image, at('/image'))),
    ...(program === undefined ? [] : readOnly(program, at(programPlace), dir)),
    ...['proc', 'sys', 'dev'].map((name) => step(['mkdir', at(`/${name}`), 0o755], 'EEXIST')),
    ...pivotRoot(root),
    ...letGo(),
    step(['chdir', '/']),
    step(['mount', 'proc', '/proc', 'proc', [], null]),
    step(['mount', 'sysfs', '/sys', 'sysfs', [], null]),
    ...trees({ ...own, cgroups: treesOf(own) }),
    ...dev().map(({ call }) => step(call)),
    step(['umask', 0o022]),
    ...loopback('none'),
    step(['sethostname', hostname]),
    step(['mount', null, '/', null, ['MS_REC', 'MS_SHARED'], null]),
    step(['seccomp', machineFilter()]),
    // Its process 1 stays as it is, so that a check sees what the list did to the machine.
    step(['fork']),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL']),
    // What the caller has open: closeInherited is to close it.
    step(['open', '/', ['O_RDONLY'], 0]),
    ...(from === '/' ? [] : [step(['chdir', from])]),
  ]
}

/** Without an upper no remount makes it writable, as it would a bind mount of the directory. */
function readOnly(path: string, target: string, dir: string): Step[] {
  const lower = path.replace(/[\\:,]/g, '\\$&')
  return [
    step(['mkdir_parents', target, 0o755], 'EEXIST'),
    step(['mount', 'overlay', target, 'overlay', ['MS_RDONLY'], `lowerdir=${lower}:${dir}/empty`]),
  ]
}

/** In version 1 a group says which devices its processes may make and open. */
function denyDevices(dirs: string[]): Step[] {
  const allowed = ['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:2', '136:*']
  return dirs.flatMap((dir) => [
    step(['mkdir', dir, 0o755]),
    step(['write', `${dir}/devices.deny`, 'a']),
    ...allowed.map((each) => step(['write', `${dir}/devices.allow`, `c ${each} rwm`], 'EPERM')),
  ])
}

const apart = [
  ...(['CLONE_NEWNS', 'CLONE_NEWUTS', 'CLONE_NEWIPC', 'CLONE_NEWCGROUP'] as const),
  'CLONE_NEWNET',
] as const

function step(call: Call, ignoring?: Ignorable): Step {
  return toolStep(call, 'part of the machine around the list', ignoring)
}

function bound(path: string, target: string): Step[] {
  return [
    step(['mkdir_parents', target, 0o755], 'EEXIST'),
    step(['mount', path, target, null, ['MS_BIND'], null]),
  ]
}

/** The image with a write layer in memory, as `<dir>/<name>`. */
function overlayAt(dir: string, layers: string[], name: string): Step[] {
  const [upper, work] = [`${dir}/${name}-upper`, `${dir}/${name}-work`]
  const data = `lowerdir=${layers.join(':')},upperdir=${upper},workdir=${work}`
  return [
    ...[upper, work, `${dir}/${name}`].map((path) => step(['mkdir', path, 0o755])),
    step(['mount', 'overlay', `${dir}/${name}`, 'overlay', [], data]),
  ]
}

/** The trees of control groups, each with the machine's own group as its root. */
export function trees({ cgroups }: Group): Step[] {
  const isOneOf = cgroups.hierarchies.every(({ mount }) => mount === tmpfsOfTrees)
  const place = ['mount', 'tmpfs', tmpfsOfTrees, 'tmpfs', [], null] satisfies Call
  return [
    ...(isOneOf ? [] : [step(place)]),
    ...cgroups.hierarchies.flatMap(({ version, mount, controllers }) => [
      ...(isOneOf ? [] : [step(['mkdir_parents', mount, 0o755], 'EEXIST')]),
      ...(version === 1
        ? [step(['mount', 'cgroup', mount, 'cgroup', [], basename(mount)])]
        : [step(['mount', 'cgroup2', mount, 'cgroup2', [], null]), ...leaf(mount, controllers)]),
    ]),
  ]
}

const tmpfsOfTrees = '/sys/fs/cgroup'

/** Only a group without processes can enable controllers: the machine's go into one below. */
function leaf(mount: string, controllers: string[]): Step[] {
  const names = controllers.filter((each) => each !== 'cpuacct' && each !== 'freezer')
  return [
    step(['mkdir', `${mount}/machine`, 0o755]),
    step(['write', `${mount}/machine/cgroup.procs`, '0']),
    ...names.map((each) => step(['write', `${mount}/cgroup.subtree_control`, `+${each}`])),
  ]
}

/** The trees as a list on the machine may use them: those that its own group is in. */
export function treesOf(own: Group): Cgroups {
  const dirs = groupDirs(own)
  const hierarchies = own.cgroups.hierarchies
    .filter(({ mount }) => dirs.includes(`${mount}/${own.name}`))
    .map((each) => ({ ...each, enabled: each.controllers, occupied: false }))
  return { ...own.cgroups, hierarchies }
}
