/** What /proc shows of a process; empty values if it has ended or belongs to another user. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { tryRead, tryReadlink } from '../files.ts'
import { parseMountinfo, type Mount } from '../mountinfo.ts'

/** A process by its number in the pid namespace of /proc; `self` is the one that reads. */
type Pid = number | 'self'

/** The numbers of all processes that this /proc shows. */
export function listPids(): number[] {
  return readdirSync('/proc').map(Number).filter((pid) => pid > 0)
}

/** The text of the file `name` in /proc/PID, or ''. */
export function procText(pid: Pid, name: string): string {
  return tryRead(`/proc/${pid}/${name}`) ?? '' // ignoring why: see above
}

/** The target of the link `name` in /proc/PID, or ''. */
export function procLink(pid: Pid, name: string): string {
  return tryReadlink(`/proc/${pid}/${name}`) ?? '' // ignoring why: see above
}

/** The targets of the links in the directory `name` of /proc/PID, by name; throws as readdir. */
export function procLinks(pid: Pid, name: string): Record<string, string> {
  const names = readdirSync(`/proc/${pid}/${name}`)
  // ignoring: descriptors that were closed meanwhile, namespaces that the process does not have
  const links = names.map((each) => [each, procLink(pid, join(name, each))] as const)
  return Object.fromEntries(links.filter(([, target]) => target !== ''))
}

/** The lines of /proc/PID/status (proc_pid_status(5)), by their names. */
export function statusOf(pid: Pid): Map<string, string> {
  const lines = procText(pid, 'status').split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    }),
  )
}

/** One line of /proc/PID/status, or ''. */
export function statusField(pid: Pid, name: string): string {
  return statusOf(pid).get(name) ?? ''
}

/** Its parent, or 0 if that is not in this pid namespace. */
export function parentOf(pid: Pid): number {
  return Number(statusField(pid, 'PPid'))
}

/** The name of its program, at most 15 bytes (proc_pid_comm(5)). */
export function commandName(pid: Pid): string {
  return procText(pid, 'comm').trim()
}

/** The command line with blanks between its words; `[name]` for a process that has none. */
export function commandLine(pid: Pid): string {
  const line = procText(pid, 'cmdline').replace(/\0$/, '').replaceAll('\0', ' ')
  return line === '' ? `[${commandName(pid)}]` : line
}

/** The path of its program, ` (deleted)` after it if the file is gone (proc_pid_exe(5)). */
export function programOf(pid: Pid): string {
  return procLink(pid, 'exe')
}

/** The inode of each of its namespaces, by kind: `pid` → `4026531836`. */
export function namespacesOf(pid: Pid): Record<string, string> {
  const links = Object.entries(procLinks(pid, 'ns'))
  return Object.fromEntries(links.map(([kind, link]) => [kind, inodeIn(link)]))
}

/** The inode of its namespace of one kind, or ''. */
export function namespaceOf(pid: Pid, kind: string): string {
  return inodeIn(procLink(pid, `ns/${kind}`))
}

/** `pid:[4026531836]` is number 4026531836. */
function inodeIn(link: string): string {
  return link.replace(/\D/g, '')
}

/** Its control groups, a line for each hierarchy: `4:pids:/user` (cgroups(7)). */
export function membershipOf(pid: Pid): string[] {
  return procText(pid, 'cgroup').trim().split('\n')
}

/** The mounts in its mount namespace that it can reach from its root. */
export function mountsOf(pid: Pid): Mount[] {
  return parseMountinfo(procText(pid, 'mountinfo'))
}

/** The value of a kernel setting, `kernel.pid_max`, or ''. */
export function sysctl(name: string): string {
  return (tryRead(`/proc/sys/${name.replaceAll('.', '/')}`) ?? '').trim() // ignoring: no such one
}
