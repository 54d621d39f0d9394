/** Why a control group cannot be made, joined or limited (cgroups(7)). */
import { readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { FailedStep } from '../../chapter-tools.ts'
import { tryRead } from '../../files.ts'
import { commandName } from '../proc.ts'
import { find, isReadOnly, mountOf, whyNot, type CallOf } from './scene.ts'

/** A write failed; undefined if the file is not a control group's. */
export function ofGroupWrite(call: CallOf<'write'>, scene: FailedStep): string | undefined {
  const [, path, value] = call
  const { errno } = scene
  const dir = dirname(path)
  const group = find(scene, dir)
  if (group.is !== 'there') return errno === 'ENOENT' ? whyNot(scene, path, group) : undefined
  const mount = mountOf(scene, group.real)
  if (errno === 'EXDEV')
    return mount && `${path} is an ordinary file on ${mount.type}, not a kernel interface`
  if (mount?.type !== 'cgroup' && mount?.type !== 'cgroup2') return undefined
  if (/^E(ACCES|ROFS|PERM)$/.test(errno) && isReadOnly(mount))
    return `the groups at ${mount.target} are mounted read-only, as in an ordinary Docker container`
  const read = (name: string) => (tryRead(`${group.real}/${name}`) ?? '').trim()
  const above = (name: string) => (tryRead(`${group.real}/../${name}`) ?? '').trim()
  const look: Look = { dir, file: basename(path), value, read, above }
  const version = mount.type === 'cgroup2' ? 2 : 1
  if (errno === 'EBUSY') return busy(look)
  if (errno === 'ENOSPC') return noProcessors(look)
  if (errno === 'ENOENT') return notEnabled(look, version)
  if (/^E(INVAL|ACCES|RANGE|NODEV)$/.test(errno)) return refusedValue(look)
  return undefined
}

/** The file written to, and how to read other files of its group and of the parent group. */
export interface Look {
  dir: string
  file: string
  value: string
  read: (name: string) => string
  above: (name: string) => string
}

/** EBUSY: the group has processes or children, or uses more memory than the new limit. */
export function busy({ dir, file, value, read }: Look): string | undefined {
  if (file === 'cgroup.subtree_control') {
    const inside = processesIn(read('cgroup.procs'))
    if (!inside) return undefined
    return `${dir} has ${inside}; in version 2 only a group without any can enable controllers`
  }
  if (file === 'cgroup.procs') {
    const enabled = read('cgroup.subtree_control')
    if (!enabled) return undefined
    return `${dir} enables ${enabled} for its children, so only they may have processes`
  }
  const used = read('memory.usage_in_bytes')
  if (/limit_in_bytes$/.test(file) && Number(used) > Number(value))
    return `${dir} uses ${used} bytes already, more than ${value}`
  return undefined
}

/** `process 12 (sh)`, `processes 12 (sh), 13 (cat) and 4 more`; empty if there is none. */
function processesIn(procs: string): string {
  const pids = procs.split('\n').filter(Boolean)
  const commandOf = (pid: string) => commandName(Number(pid)) || 'gone'
  const names = pids.slice(0, 3).map((pid) => `${pid} (${commandOf(pid)})`)
  const more = pids.length > names.length ? ` and ${pids.length - names.length} more` : ''
  return pids.length > 0 ? `process${pids.length > 1 ? 'es' : ''} ${names.join(', ')}${more}` : ''
}

function noProcessors({ dir, file, read }: Look): string | undefined {
  if (file !== 'tasks' && file !== 'cgroup.procs') return undefined
  const empty = ['cpuset.cpus', 'cpuset.mems'].filter((name) => read(name) === '')
  if (empty.length === 0) return undefined
  const names = empty.join(' and ')
  return `${names} of ${dir} ${empty.length > 1 ? 'are' : 'is'} empty: set before joining`
}

function notEnabled({ dir, file, value, read, above }: Look, version: 1 | 2): string | undefined {
  if (file === 'cgroup.subtree_control') {
    const offered = read('cgroup.controllers').split(' ').filter(Boolean)
    const wanted = value.split(/\s+/).map((each) => each.replace(/^[+-]/, ''))
    const missing = wanted.filter((each) => !offered.includes(each))
    if (missing.length === 0) return undefined
    const have = offered.join(', ') || 'none'
    return `${dir} has no ${missing.join(', ')} to enable; it has: ${have}`
  }
  const [controller = ''] = file.split('.')
  if (controller === 'cgroup') return undefined
  if (version === 1) return `the tree of ${dir} has no file ${file}`
  const enabled = above('cgroup.subtree_control').split(' ').filter(Boolean)
  if (enabled.includes(controller)) return `this kernel's ${controller} controller has no ${file}`
  const parent = dirname(dir)
  return `${controller} is not enabled in ${parent}/cgroup.subtree_control`
}

function refusedValue({ file, value, read, above }: Look): string | undefined {
  const online = (name: string) => above(`${name}.effective`) || above(`${name}.effective_${name}`)
  if (file === 'cpuset.cpus' || file === 'cpuset.mems') {
    const allowed = above(file) || online(file)
    const what = file === 'cpuset.cpus' ? 'processors' : 'memory nodes'
    return allowed && `the parent group has the ${what} ${allowed}, which do not include '${value}'`
  }
  const memory = Number(read('memory.limit_in_bytes'))
  if (file === 'memory.memsw.limit_in_bytes' && Number(value) < memory)
    return `memory with swap cannot be less than memory alone, which is ${memory} here`
  if (file === 'cgroup.procs' || file === 'tasks') return undefined
  return `the kernel does not accept '${value}' here; ${file} is '${read(file)}'`
}

/** A mkdir failed; undefined if the directory would not have been a control group. */
export function ofGroupMkdir([, path]: CallOf<'mkdir'>, scene: FailedStep): string | undefined {
  const found = find(scene, path)
  const parent = find(scene, dirname(path))
  if (parent.is !== 'there') return undefined
  const mount = mountOf(scene, parent.real)
  if (mount?.type !== 'cgroup' && mount?.type !== 'cgroup2') return undefined
  if (/^E(ACCES|ROFS|PERM)$/.test(scene.errno) && isReadOnly(mount))
    return `the groups at ${mount.target} are mounted read-only, as in an ordinary Docker container`
  if (scene.errno !== 'EEXIST' || found.is !== 'there') return undefined
  const inside = processesIn((tryRead(`${found.real}/cgroup.procs`) ?? '').trim())
  const children = readdirSync(found.real, { withFileTypes: true }).filter((e) => e.isDirectory())
  const holds = inside || (children.length > 0 ? `${children.length} groups` : 'nothing')
  return `a group of that name exists already; it has ${holds}`
}
