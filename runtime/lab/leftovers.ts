/**
 * What judging makes on the host, by names that say which process made it: directories in `tmp/` of
 * the data root, and control groups. If that process is killed, the next one that judges clears up,
 * and so does `reset`. Mounts and processes end by themselves.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { killAll, removeGroup } from '../02-cgroups/group-control.ts'
import { lookAtCgroups } from '../02-cgroups/cgroups.ts'
import { parseMountinfo, type Mount } from '../mountinfo.ts'
import { identifySelf, isAlive } from '../process.ts'
import { makeStaging } from '../staging.ts'
import { clearStaging } from '../trash.ts'
import { tryRead } from '../files.ts'

const count = { planner: 0, lab: 0 }

/** An id for a control group, which becomes `stepbox-<id>`; `lab` is that of a machine. */
export function ownId(kind: keyof typeof count): string {
  const { pid = process.pid, start = 0 } = identifySelf() ?? {}
  return `${kind}-${pid}-${start}-${++count[kind]}`
}

const cleared = new Map<string, Promise<void>>()

/** A directory for what one planner or one machine needs; clears up after others once. */
export async function ownDirectory(root: string): Promise<string> {
  if (!cleared.has(root)) cleared.set(root, clear(root))
  await cleared.get(root)
  return makeStaging(root)
}

async function clear(root: string): Promise<void> {
  await clearStaging(root)
  for (const dirs of leftGroups().values()) {
    await killAll(dirs)
    await removeGroup(dirs).catch(() => {}) // ignoring: `reset` says why it cannot be removed
  }
}

/** Groups of processes that have ended, by name. */
function leftGroups(): Map<string, string[]> {
  const boot = identifySelf()?.boot
  const groups = new Map<string, string[]>()
  if (boot === undefined) return groups
  const { hierarchies } = lookAtCgroups()
  for (const mount of [...hierarchies.map(({ mount }) => mount), ...deviceTrees()])
    for (const name of readdirSync(mount)) {
      const [, pid, start] = /^stepbox-(?:lab|planner)-(\d+)-(\d+)-\d+$/.exec(name) ?? []
      if (pid === undefined || isAlive({ pid: Number(pid), start: Number(start), boot })) continue
      groups.set(name, [...(groups.get(name) ?? []), join(mount, name)])
    }
  return groups
}

/** Where version 1 has its tree for devices: none on a machine with version 2 alone. */
export function deviceTrees(): string[] {
  const mounts = parseMountinfo(tryRead('/proc/self/mountinfo') ?? '')
  return mounts.filter(isDeviceTree).map(({ target }) => target).slice(0, 1)
}

function isDeviceTree({ type, superOptions, options }: Mount): boolean {
  const isWritable = options.split(',')[0] !== 'ro'
  return type === 'cgroup' && superOptions.split(',').includes('devices') && isWritable
}
