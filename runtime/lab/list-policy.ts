/**
 * What a list may do, decided before any of it is carried out. What is not allowed here is refused:
 * which calls, which kinds of mounts and where, which paths, devices and files. list-paths.ts says
 * what a path means.
 */
import type { Call, CallName } from '../calls.ts'
import type { CallRules, Given } from '../lab-rules.ts'
import { controlFd, lifelineFd } from '../descriptors.ts'
import { sentence, type Sentence } from '../sentence.ts'
import { isPlain, placeInTree } from './list-paths.ts'
import { fileSystems, groupFiles, isMasked, isOverlay } from './list-places.ts'

/**
 * Judges one call after the other: undefined for one that may be made, otherwise why not. A call
 * may be made if the rule that a chapter adds for it allows it, or that of this file.
 */
export function policyFor(
  given: Given,
  added: CallRules = {},
): (call: Call) => Sentence | undefined {
  let { cwd = '/' } = given
  let forks = 0
  return (call) => {
    if (forking.includes(call[0]) && ++forks > mostForks)
      return sentence('it forks again and again')
    const ofChapter = added[call[0]]
    const refusal = ofChapter && ofChapter !== 'free' ? ofChapter(call as never, given) : undefined
    if (ofChapter && !refusal) return undefined
    const rule = rules[call[0]]
    if (!rule) return refusal ?? sentence('no list of this course needs that call')
    const place = (path: string) => placeInTree(path, cwd, given)
    const why = rule === 'free' ? undefined : rule(call as never, { ...given, cwd, place })
    if (!why && call[0] === 'chdir') cwd = absolute(cwd, call[1])
    return why
  }
}

const forking: CallName[] = ['fork', 'supervise', 'init']
const mostForks = 3

function absolute(cwd: string, path: string): string {
  if (path === '.') return cwd
  return path.startsWith('/') ? path : `${cwd === '/' ? '' : cwd}/${path}`
}

interface Scene extends Given {
  cwd: string
  place: (path: string) => string | undefined
}

type Rule<Name extends CallName> = (
  call: Extract<Call, [Name, ...unknown[]]>,
  scene: Scene,
) => Sentence | undefined

/** Calls that reach nothing but the process and its own namespaces are free. */
const rules: { [Name in CallName]?: Rule<Name> | 'free' } = {
  fork: 'free',
  prctl: 'free',
  capset_inheritable: 'free',
  setrlimit_soft: 'free',
  setrlimit: 'free',
  sched_setaffinity: 'free',
  personality: 'free',
  sethostname: 'free',
  setdomainname: 'free',
  ioctl_ifflags: 'free',
  ioprio_set: 'free',
  setsid: 'free',
  umask: 'free',
  setgroups: 'free',
  setgid: 'free',
  setuid: 'free',
  getcwd: 'free',
  pipe2: 'free',
  close_range: ([, first]) => (first > controlFd ? undefined : notItsOwn()),
  close: ([, fd]) => descriptors(fd),
  fchown: ([, fd]) => descriptors(fd),
  dup2: ([, from, to]) => descriptors(from) ?? descriptors(to),
  unshare: ([, flags]) =>
    oneOrMore(flags).some((flag) => !namespaces.includes(flag))
      ? sentence('no list of this course needs that namespace')
      : undefined,
  keyctl: ([, , name]) => (name === null ? undefined : sentence('a keyring with a name is shared')),
  sched_setattr: ([, , nice]) =>
    nice >= 0 ? undefined : sentence('it would go before all others'),
  mount: mayMount,
  umount2: ([, target]) => (isPlain(target) ? undefined : notPlain()),
  chdir: ([, path], { place }) => (place(path) ? undefined : notGiven()),
  chroot: ([, path], { place }) => (place(path) === '/' ? undefined : noRoot()),
  pivot_root: ([, root, old], { place }) =>
    place(root) === '/' && place(old) ? undefined : noRoot(),
  mkdir: ([, path], scene) => mayMake(path, scene),
  mkdir_parents: ([, path], scene) => mayMake(path, scene),
  rmdir: ([, path], { place }) =>
    /^\/(proc|sys)(\/|$)/.test(place(path) ?? '/proc') ? notGiven() : undefined,
  symlink: ([, target, path], { place }) =>
    links.test(place(path) ?? '') && targets.test(target)
      ? undefined
      : sentence('only the links of /dev are made'),
  mknod: mayMakeNode,
  open: ([, path], { place }) =>
    place(path) === '/dev/null' ? undefined : sentence('only /dev/null is opened'),
  write: mayWrite,
}

const namespaces: string[] = [
  ...['CLONE_NEWPID', 'CLONE_NEWNS', 'CLONE_NEWUTS', 'CLONE_NEWIPC'],
  ...['CLONE_NEWNET', 'CLONE_NEWCGROUP'],
]

const links = /^\/(dev\/(fd|stdin|stdout|stderr|ptmx|core)|etc\/mtab)$/

const targets =
  /^((\/proc\/self\/)?fd(\/[012])?|(\/dev\/)?pts\/ptmx|\/proc\/(kcore|(self\/)?mounts))$/

const notPlain = () =>
  sentence('a path is written without . and .., and without a slash at its end')
const notGiven = () => sentence('the list was not given that directory')
const noRoot = () => sentence('only a whole root file system becomes the root')
const notItsOwn = () => sentence('that descriptor is not one of the list')

/** The socket to the grader, and the end of the pipe by which a child sees its parent end. */
const notOurs = [controlFd, lifelineFd]

function descriptors(fd: number): Sentence | undefined {
  return fd >= 0 && !notOurs.includes(fd) ? undefined : notItsOwn()
}

/** A call with one flag may have it without a list around it. */
function oneOrMore(flags: readonly string[] | string): string[] {
  return [flags].flat()
}

function mayMount(
  [, source, target, type, flags, data]: Extract<Call, ['mount', ...unknown[]]>,
  { cwd, place, ...given }: Scene,
): Sentence | undefined {
  if (!isPlain(target)) return notPlain()
  const at = place(target)
  if (at === undefined) return notGiven()
  const has = (flag: string) => oneOrMore(flags).includes(flag)
  if (has('MS_REMOUNT')) {
    // Without MS_BIND it is the file system that changes, for all who have it mounted.
    return has('MS_BIND') ? undefined : sentence('a remount is of one mount, with MS_BIND')
  }
  const isSpread = ['MS_PRIVATE', 'MS_SLAVE', 'MS_SHARED'].some(has)
  if (isSpread && !has('MS_BIND')) return undefined
  if (has('MS_BIND') || has('MS_MOVE')) {
    const isLayer = source !== null && given.layers.includes(absolute(cwd, source))
    const from = isLayer ? '/' : source === null ? undefined : place(source)
    const isMask = from === '/dev/null' && isMasked(at)
    if (from !== undefined && (from === at || isMask)) return undefined
    return sentence('a bind mount or a move keeps the name: /proc to /proc, a root to a root')
  }
  if (type === 'overlay') {
    if (at !== '/') return noRoot()
    const isFine = isOverlay(data ?? '', cwd, given)
    return isFine ? undefined : sentence('these are not the layers that the list was given')
  }
  const known = fileSystems[type ?? '']
  if (!known?.at(at)) return sentence('no list of this course mounts that file system there')
  if (known.data.test(data ?? '')) return undefined
  return sentence('no list of this course needs these options of a file system')
}

function mayMake(path: string, { place, trees, group }: Scene): Sentence | undefined {
  if (!isPlain(path)) return notPlain()
  const at = place(path)
  if (at === undefined) return notGiven()
  if (!/^\/(proc|sys)\//.test(at)) return undefined
  const isGroup = trees.some((tree) => path === `${tree}/${group}`)
  return isGroup ? undefined : sentence('it makes no directory there but its own control group')
}

const characterDevices = ['1:3', '1:5', '1:7', '1:8', '1:9', '5:0', '5:2']

/** Device 0:0 cannot be opened: it is a whiteout. A file can be the place of a bind mount. */
function mayMakeNode(
  [, path, type, , major, minor]: Extract<Call, ['mknod', ...unknown[]]>,
  { place }: Scene,
): Sentence | undefined {
  const at = place(path)
  if (at === undefined || /^\/(proc|sys)\//.test(at)) return notGiven()
  const number = `${major}:${minor}`
  const isKnown = characterDevices.includes(number) && /^\/dev\/\w+$/.test(at)
  const isFine = type === 'S_IFREG' || (type === 'S_IFCHR' && (isKnown || number === '0:0'))
  return isFine ? undefined : sentence('only devices that every container has are made, in /dev')
}

/** A path is compared as it is written: what it leads to cannot be changed, see list-paths.ts. */
function mayWrite(
  [, path, text]: Extract<Call, ['write', ...unknown[]]>,
  { trees, group, settings }: Scene,
): Sentence | undefined {
  if (Object.hasOwn(settings, path))
    return settings[path]?.test(text) ? undefined : sentence('that value was not asked for')
  const tree = trees.find((each) => path.startsWith(`${each}/`))
  const rest = tree === undefined ? '' : path.slice(tree.length + 1)
  const [name, file = name, ...deeper] = rest.split('/')
  const isHere = rest === 'cgroup.subtree_control' || (name === group && file !== name)
  const rule = groupFiles[file ?? '']
  if (!isHere || deeper.length > 0 || !rule)
    return sentence('it writes only to its own control group, and to its own settings')
  return rule.test(text) ? undefined : sentence('no list of this course writes that into a group')
}
