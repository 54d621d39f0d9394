/** Why no process can be made: EAGAIN of fork(2), and of the calls that fork. */
import { dirname, join } from 'node:path'
import type { FailedStep } from '../../chapter-tools.ts'
import { tryRead } from '../../files.ts'
import { listPids, membershipOf, mountsOf, procText, statusField } from '../proc.ts'

/** The limit that was reached: of a control group, or of the user. */
export function ofManyProcesses(scene: FailedStep): string | undefined {
  return groupLimit(scene) ?? userLimit(scene)
}

/** The group of the process, or one above it, has as many processes as `pids.max` says. */
function groupLimit({ plan, pid }: FailedStep): string | undefined {
  for (const { dir, top } of groupsOf(pid))
    for (let at = dir; at.length >= top.length; at = dirname(at)) {
      const most = numberIn(`${at}/pids.max`)
      if (Number.isNaN(most) || numberIn(`${at}/pids.current`) < most) continue
      const own = ['pids.max', 'tasks', 'cgroup.procs'].map((name) => `${at}/${name}`)
      const isOurs = plan.some(({ call }) => call[0] === 'write' && own.includes(call[1]))
      return isOurs
        ? `the container has as many processes as it may have, ${most}: see --pids-limit`
        : `the group ${at} has as many processes as it may have, ${most}`
    }
  return undefined
}

/** NaN for `max`, or where there is no such file. */
function numberIn(path: string): number {
  return Number(tryRead(path) ?? NaN)
}

/** Its groups that may limit processes: as directories, and where the tree of each is mounted. */
function groupsOf(pid: number): { dir: string; top: string }[] {
  return membershipOf(pid).flatMap((line) => {
    const [, names = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    const controllers = names.split(',')
    if (names !== '' && !controllers.includes('pids')) return []
    const type = names === '' ? 'cgroup2' : 'cgroup'
    const mount = mountsOf(process.pid).find(
      (each) =>
        each.type === type &&
        (names === '' || each.superOptions.split(',').includes('pids')) &&
        (each.subtree === '/' || `${path}/`.startsWith(`${each.subtree}/`)),
    )
    if (!mount) return []
    const below = mount.subtree === '/' ? path : path.slice(mount.subtree.length)
    return [{ dir: join(mount.target, below), top: mount.target }]
  })
}

/** The user has as many processes, with their threads, as RLIMIT_NPROC says (getrlimit(2)). */
function userLimit({ pid }: FailedStep): string | undefined {
  const [, most] = /^Max processes +(\d+)/m.exec(procText(pid, 'limits')) ?? []
  const uid = uidOf(pid)
  const threads = (each: number) => Number(statusField(each, 'Threads')) || 0
  const own = listPids().filter((each) => uidOf(each) === uid)
  const now = own.reduce((sum, each) => sum + threads(each), 0)
  if (most === undefined || uid === '' || now < Number(most)) return undefined
  const raised = 2 * now
  return `uid ${uid} has ${now} processes and may have ${most}; to raise that: ulimit -u ${raised}`
}

function uidOf(pid: number): string {
  return statusField(pid, 'Uid').split(/\s+/)[0] ?? ''
}
