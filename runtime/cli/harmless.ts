/** A list that may be wrong, on a pretend machine: one with a line left out, or a learner's. */
import { dev } from '../03-pivot-root/devices.ts'
import type { Call } from '../calls.ts'
import { pretendMachine } from '../consequence.ts'
import { toolStep, type Ignorable, type Step } from '../step.ts'

interface Experiment {
  /** The container's directory, with its write layer. */
  dir: string
  /** The line that is left out. */
  place?: number
  /** Further directories that can be written to; after the line at `until` no more. */
  open?: Open[]
}

interface Open {
  path: string
  until?: number
  /** EINVAL where the list has mounted something over it by then. */
  ignoring?: Ignorable
}

/**
 * `plan` on a pretend machine with its own mounts, names and network. Before the list first mounts
 * something, by when it has made and joined its groups, all that is mounted becomes read-only, and
 * no device can be opened but those of a private /dev. What undoes that needs a capability, and the
 * command has none. In /run, empty here, are the sockets of programs of the host that would do it
 * for others.
 *
 * A list that joins a container leaves the pretend machine with the mounts; then /proc is the
 * container's, and stays as it is.
 *
 * Only the write layer can be written to, through its overlay: `dir`, which holds it, is read-only
 * again as soon as that is mounted. So is /proc/sys/net, after the last setting of a network, which
 * is the pretend machine's. A list that copies files is sealed from its first line on.
 */
export function harmless(plan: Step[], { place, dir, open = [] }: Experiment): Step[] {
  const isLast = ({ call }: Step) => lastCalls.includes(call[0])
  const last = placeWhere(plan, isLast)
  const isJoining = plan.some(({ call }) => call[0] === 'setns_pidfd')
  const isCopying = plan.some(isLookUp)
  const first = placeWhere(plan, ({ call }, at) => isCopying || isEntry(call) || at === last)
  const overlay = plan.findIndex(({ call }) => call[0] === 'mount' && call[3] === 'overlay')
  const isUsed = ({ until = Infinity }: Open) => until >= first
  const own = overlay < 0 ? [] : [{ path: dir, until: overlay }]
  const pivot = placeWhere(plan, ({ call }) => call[0] === 'pivot_root')
  const setting = plan.findLastIndex((step, at) => at < pivot && isOfNetwork(step))
  const settings: Open = { path: '/proc/sys/net', until: setting, ignoring: 'EINVAL' }
  const writable: Open[] = [...own, ...(setting < first ? [] : [settings]), ...open.filter(isUsed)]
  const seal = [
    ...added(sealed),
    ...added([emptyRun], 'ENOENT'),
    ...added(writable.map(({ path }) => setWritable(path))),
  ]
  const altered = [...plan, undefined].flatMap((step, at) => [
    ...(at === first ? seal : []),
    ...(at === last && !isJoining && !isCopying ? added([closedProc], 'EINVAL') : []),
    ...(at === place || !step ? [] : [{ ...step, line: at + 1 }]),
    ...writable.filter(({ until }) => until === at).flatMap(closed),
  ])
  // Whoever is in the session of a terminal can type commands into it (TIOCSTI).
  const isSession = place !== undefined && plan[place]?.call[0] === 'setsid'
  const apart: Call[] = isSession ? [['setsid']] : []
  // Mounted by now, because a mount that is made later would appear, sealed, where a monitor is.
  const binds = added(writable.map(({ path }) => bindOnItself(path)))
  return [...added(apart), ...pretendMachine().map(asAdded), ...binds, ...altered]
}

/** From here on, mounts are made, or those of a container are entered. */
function isEntry([name]: Call): boolean {
  return name === 'mount' || name === 'setns_pidfd'
}

/** A name is looked up in a container from outside: the list copies files, and has no command. */
function isLookUp({ call }: Step): boolean {
  return call[0] === 'openat2_if_there'
}

/** It writes a setting of a network; after pivot_root, in the container's own /proc. */
function isOfNetwork({ call }: Step): boolean {
  return call[0] === 'write' && call[1].startsWith('/proc/sys/net/')
}

/** The first place, or that after the end. */
function placeWhere(plan: Step[], isIt: (step: Step, at: number) => boolean): number {
  const found = plan.findIndex(isIt)
  return found < 0 ? plan.length : found
}

/** The calls that give up root, and the command. */
const lastCalls = ['setgroups', 'execvpe']

const sealed: Call[] = [
  ['mount_setattr', '/', ['AT_RECURSIVE'], ['MOUNT_ATTR_RDONLY', 'MOUNT_ATTR_NODEV'], []],
  ...dev().map(({ call }) => call),
  ['umask', 0o022],
  ['capbset_drop_all'],
]

const emptyRun: Call = ['mount', 'tmpfs', '/run', 'tmpfs', [], null]

const bindOnItself = (path: string): Call => ['mount', path, path, null, ['MS_BIND'], null]

const setWritable = (path: string): Call => ['mount_setattr', path, [], [], ['MOUNT_ATTR_RDONLY']]

function closed({ path, ignoring }: Open): Step[] {
  return added([['mount_setattr', path, [], ['MOUNT_ATTR_RDONLY'], []]], ignoring)
}

/** /proc is mounted by the list: what can be written there would reach the host's kernel. */
const closedProc: Call = [
  'mount_setattr', '/proc', ['AT_RECURSIVE'], ['MOUNT_ATTR_RDONLY'], [],
]

/** Steps of the pretend machine, each of which may fail with `ignoring`. */
function added(calls: Call[], ignoring?: Ignorable): Step[] {
  return calls.map((call) => asAdded(toolStep(call, 'part of the pretend machine', ignoring)))
}

function asAdded(step: Step): Step {
  return { ...step, line: 0 }
}
