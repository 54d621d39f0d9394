/**
 * The room in which a learner's planner runs: a list of system calls, like any container. It has no
 * root, no network, no processes but its own, and no file but Node, its libraries and its modules.
 */
import { closeInherited, privateMounts, processIds } from '../01-namespaces/namespaces.ts'
import { group, joinGroup, type Group } from '../02-cgroups/cgroup.ts'
import { letGo, pivotRoot } from '../03-pivot-root/root.ts'
import { readElf } from '../03-pivot-root/elf.ts'
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { toolStep, type Step } from '../step.ts'
import { roomFilter } from './filters.ts'

export interface RoomOptions {
  /** An empty directory of the host, where the room's root is mounted. */
  dir: string
  /** The group that bounds its memory and processes. */
  group: Group
  /** Files that it can read, by where it sees them: paths of the host. */
  files: Record<string, string>
  argv: string[]
}

/** The user that owns nothing. */
const nobody = 65534

/** Each file of the room, and each directory on the way, takes a little of this. */
const rootData = 'mode=755,size=1m,nr_inodes=512'

/** The list of a room, from the host to the command. */
export function room({ dir, group: wanted, files, argv }: RoomOptions): Step[] {
  const step = (call: Step['call'], ignoring?: Step['ignoring']) =>
    toolStep(call, 'part of the room for the planner', ignoring)
  const env = ['LD_LIBRARY_PATH=/lib', 'HOME=/']
  return [
    ...closeInherited(),
    ...group(wanted),
    ...processIds(),
    ...joinGroup(wanted),
    step(['unshare', [...own]]),
    ...privateMounts(),
    step(['sethostname', 'room']),
    step(['mount', 'tmpfs', dir, 'tmpfs', ['MS_NOSUID', 'MS_NODEV'], rootData]),
    ...Object.entries(files).flatMap(([path, from]) => [
      step(['mkdir_parents', `${dir}${dirname(path)}`, 0o755], 'EEXIST'),
      step(['mknod', `${dir}${path}`, 'S_IFREG', 0o644, 0, 0]),
      step(['mount', from, `${dir}${path}`, null, ['MS_BIND'], null]),
      step(['mount', null, `${dir}${path}`, null, [...readOnly], null]),
    ]),
    step(['mount', null, dir, null, [...readOnly], null]),
    ...pivotRoot(dir),
    ...letGo(),
    step(['chdir', '/']),
    step(['setsid']),
    step(['keyctl', 'KEYCTL_JOIN_SESSION_KEYRING', null]),
    ...limits.map(([resource, most]) => step(['setrlimit', resource, most, most])),
    step(['capbset_drop_all']),
    step(['setgroups', []]),
    step(['setgid', nobody]),
    step(['seccomp', roomFilter()]), // before setuid: only root may, without no_new_privs
    step(['setuid', nobody]),
    step(['execvpe', argv[0] ?? '', argv, env]),
  ]
}

const own = [
  ...(['CLONE_NEWNS', 'CLONE_NEWUTS', 'CLONE_NEWIPC', 'CLONE_NEWCGROUP'] as const),
  'CLONE_NEWNET',
] as const

/** With MS_NOSUID on every mount, and no capability to be had, no program gives rights. */
const readOnly = ['MS_REMOUNT', 'MS_BIND', 'MS_RDONLY', 'MS_NOSUID', 'MS_NODEV'] as const

/** RLIMIT_DATA bounds memory where no control group does. */
const limits = [
  ['RLIMIT_CPU', 20],
  ['RLIMIT_DATA', 2 ** 30],
  ['RLIMIT_FSIZE', 0],
  ['RLIMIT_CORE', 0],
  ['RLIMIT_NOFILE', 64],
  ['RLIMIT_MSGQUEUE', 0],
  ['RLIMIT_MEMLOCK', 2 ** 16],
] as const

let found: Record<string, string> | undefined

/** Node as it runs here, and the libraries that it has loaded, by where the room has them. */
export function nodeFiles(): Record<string, string> {
  if (found) return found
  const loader = interpreterOf(process.execPath)
  const libraries = libraryFiles().map((path) => [`/lib/${soname(path)}`, path] as const)
  found = {
    ...Object.fromEntries(libraries),
    ...(loader === undefined ? {} : { [loader]: loader }),
    '/node': process.execPath,
  }
  return found
}

/**
 * Their names are those that others link with, or can be made so. Before 2.34, glibc's files are
 * called `libc-2.31.so`; then Node's report says by which names they were loaded, in 30 ms.
 */
function libraryFiles(): string[] {
  const lines = readFileSync('/proc/self/maps', 'utf8').split('\n')
  const all = lines.flatMap((line) => /\s(\/.+\.so[.\d]*)$/.exec(line)?.[1] ?? [])
  const paths = [...new Set(all)]
  if (!paths.some((path) => /-[\d.]+\.so$/.test(path))) return paths
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] }
  return sharedObjects.filter((path) => path.startsWith('/') && path !== process.execPath)
}

/** `libstdc++.so.6` of `libstdc++.so.6.0.30`. */
function soname(path: string): string {
  return basename(path).replace(/(\.so\.\d+)\..*$/, '$1')
}

/** The loader that a dynamic program names (elf(5), PT_INTERP). */
function interpreterOf(program: string): string | undefined {
  const bytes = Buffer.alloc(2 ** 16)
  const fd = openSync(program, 'r')
  readSync(fd, bytes)
  closeSync(fd)
  return readElf(bytes)?.interpreter
}
