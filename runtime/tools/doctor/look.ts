/** Facts about this machine that can be read: mounts, sysctls, surroundings. */
import { existsSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { release } from 'node:os'
import { lookAtCgroups } from '../../02-cgroups/cgroups.ts'
import type { Cgroups } from '../../02-cgroups/hierarchies.ts'
import { tryReadlink } from '../../files.ts'
import type { Mount } from '../../mountinfo.ts'
import { mountsOf, namespaceOf, procText, statusOf, sysctl } from '../proc.ts'
import { staticBusybox } from '../programs.ts'
import { entryName } from '../../05-commit/store/entry-names.ts'
import { readIndex } from '../../05-commit/store/store.ts'
import { lackingIn } from './privileges.ts'
import { restricting, surroundingsOf, type Machine } from './machine.ts'

/** The facts about this machine, without tries. Works on every system and as any user. */
export function look(root: string): Omit<Machine, 'tries'> {
  const isLinux = process.platform === 'linux'
  const status = statusOf('self')
  const mounts = mountsOf('self')
  const busybox = staticBusybox()
  const cgroups = isLinux ? lookAtCgroups() : { hierarchies: [] }
  return {
    platform: process.platform,
    architecture: process.arch,
    node: process.versions.node,
    kernel: release(),
    uid: process.geteuid?.() ?? -1,
    lacking: lackingIn(status.get('CapEff') ?? ''),
    mapped: isMapped(procText('self', 'uid_map')),
    filtered: Number(status.get('Seccomp') ?? 0) > 0,
    surroundings: surroundingsHere(),
    proc: procHere(),
    sysctls: sysctls(),
    cgroups,
    delegated: isBranch(cgroups),
    propagation: mounts.findLast(({ target }) => target === '/')?.propagation || 'private',
    dataRoot: { path: root, ...placeOf(root, mounts) },
    elsewhere: elsewhere(mounts),
    images: imagesIn(root),
    ...(busybox ? { busybox } : {}),
  }
}

function surroundingsHere() {
  return surroundingsOf({
    files: ['/.dockerenv', '/run/.containerenv'].filter((path) => existsSync(path)),
    kernel: release(),
    env: { ...process.env, ...firstEnvironment() },
    mountinfo: procText('self', 'mountinfo'),
    pidNamespace: namespaceOf('self', 'pid'),
  })
}

/** `container` in the environment of process 1, which only root can read. */
function firstEnvironment(): Record<string, string> {
  const found = /(?:^|\0)container=([^\0]*)/.exec(procText(1, 'environ'))
  return found?.[1] ? { container: found[1] } : {}
}

/** `/proc/self` is this process's number in the pid namespace that /proc shows. */
export function procHere(): Machine['proc'] {
  const self = tryReadlink('/proc/self')
  if (self === undefined) return 'none'
  return self === String(process.pid) ? 'own' : 'above'
}

/** True unless the map is that of the first user namespace, which maps each id to itself. */
function isMapped(map: string): boolean {
  return map !== '' && !/^\s*0\s+0\s+4294967295\s*$/.test(map)
}

/** Each group except the root of the tree has this file (cgroups(7)). */
function isBranch({ hierarchies }: Cgroups): boolean {
  const tree = hierarchies.find(({ version }) => version === 2)
  return tree !== undefined && existsSync(`${tree.mount}/cgroup.events`)
}

function sysctls(): Record<string, string> {
  const entries = restricting.map((name) => [name, sysctl(name)] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== ''))
}

/** The file system of `root`, or of its nearest parent that exists. */
function placeOf(root: string, mounts: Mount[]) {
  let path = root
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path)
  const real = realpathSync(path)
  const isAbove = ({ target }: Mount) =>
    real === target || real.startsWith(target === '/' ? '/' : `${target}/`)
  const longest = Math.max(...mounts.filter(isAbove).map(({ target }) => target.length))
  const mount = mounts.findLast((each) => isAbove(each) && each.target.length === longest)
  const { bavail, bsize } = statfsSync(real)
  return {
    filesystem: mount?.type ?? '',
    mountedOn: mount?.target ?? '',
    freeBytes: bavail * bsize,
    mounted: path === root ? mountsIn(real, mounts) : [],
  }
}

function mountsIn(dir: string, mounts: Mount[]): string[] {
  return mounts.flatMap(({ target }) => (dirname(target) === dir ? basename(target) : []))
}

const ordinary = ['ext4', 'xfs', 'btrfs', 'f2fs', 'tmpfs']

function elsewhere(mounts: Mount[]): string[] {
  const fits = ({ target, type, options }: Mount) =>
    ordinary.includes(type) && /^rw(?!.*noexec)/.test(options) && !/^\/(proc|sys)/.test(target)
  const paths = mounts.filter(fits).map(({ target }) => target)
  return [...new Set(paths)].filter((path) => path !== '/' && path !== '/dev' && isDirectory(path))
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function imagesIn(root: string): string[] {
  try {
    return readIndex(root).manifests.flatMap((entry) => entryName(entry) ?? [])
  } catch {
    return [] // ignoring: the commands that use a damaged store report it
  }
}
