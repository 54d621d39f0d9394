/** Leftover control groups: those without a container. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { lookAtCgroups } from '../../02-cgroups/cgroups.ts'
import { runningContainers } from '../../container/find.ts'
import { containerDir } from '../../container/state.ts'
import { killAll, processesIn, removeGroup } from '../../02-cgroups/group-control.ts'
import { identify, isAlive } from '../../process.ts'
import type { Leftover, ResetScope } from '../../chapter-tools.ts'
import { hasMonitor } from './processes.ts'

/** A younger group may belong to a container that is just being started. */
const newMs = 10_000

/**
 * Groups named `stepbox-…` directly below the mounts, where containers have theirs. Groups of ended
 * containers of this root and of killed doctors are removed. Unknown ones are reported, and removed
 * with `all`, unless a monitor waits for a process in them.
 */
export function groupLeftovers(scope: ResetScope): Leftover[] {
  const running = new Set(runningContainers(scope.root).map(({ id }) => id))
  return [...groupsHere()].flatMap(([name, dirs]): Leftover[] => {
    const id = name.slice('stepbox-'.length)
    if (running.has(id)) return []
    const found = { kind: 'group' as const, what: name, remove: () => remove(dirs) }
    if (/^(?:[0-9a-f]{32}){1,2}$/.test(id) && existsSync(containerDir(scope.root, id)))
      return [{ ...found, why: 'its container has ended' }]
    const owner = ownerOf(name)
    const why = 'the command that made it was killed'
    if (owner) return owner.isAlive ? [] : [{ ...found, why }]
    if (process.geteuid?.() !== 0) return [] // other users' processes cannot be inspected
    if (isNew(dirs) || processesIn(dirs).some(hasMonitor)) return []
    if (scope.all) return [{ ...found, why: 'not known to this root, and you said --all' }]
    return [{ kind: 'group', what: name, why: 'not known to this root; --all removes it' }]
  })
}

/** The directories of each group, by its name. */
function groupsHere(): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const { mount } of lookAtCgroups().hierarchies)
    for (const name of readdirSync(mount))
      if (/^stepbox-[A-Za-z0-9_.-]+$/.test(name))
        groups.set(name, [...(groups.get(name) ?? []), join(mount, name)])
  return groups
}

/** `stepbox-doctor-<pid>-<start>-…`: see doctor/probe.ts and lab/leftovers.ts. */
function ownerOf(name: string): { isAlive: boolean } | undefined {
  const [, pid, start] = /^stepbox-(?:doctor|lab|planner)-(\d+)-(\d+)-/.exec(name) ?? []
  const own = identify(process.pid)
  if (pid === undefined || !own) return undefined
  return { isAlive: isAlive({ pid: Number(pid), start: Number(start), boot: own.boot }) }
}

function isNew(dirs: string[]): boolean {
  const made = dirs.map((dir) => statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  return Date.now() - Math.max(...made) < newMs
}

async function remove(dirs: string[]): Promise<void> {
  await killAll(dirs)
  await removeGroup(dirs)
}
