/** Containers whose monitor is gone, or that are to end; and those left frozen. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runningContainers } from '../../container/find.ts'
import type { Container } from '../../options.ts'
import { thawAbandoned } from '../../05-commit/frozen.ts'
import { thaw } from '../../02-cgroups/group-control.ts'
import { namesIn, tryRead } from '../../files.ts'
import { isAlive } from '../../process.ts'
import { end } from '../../container/end.ts'
import { settleLost } from '../../container/settle.ts'
import type { Leftover } from '../../chapter-tools.ts'
import { place, type ResetScope } from './leftover.ts'

/** Those that nobody waits for any more; with `force`, those that run as they should as well. */
export function containerLeftovers(scope: ResetScope): Leftover[] {
  const { runtime, root, force, ending } = scope
  return runningContainers(root).flatMap((container): Leftover[] => {
    const isLost = !isAlive(container.monitor)
    if (!isLost && !force) return frozenLeftover(root, container)
    ending.add(container.id)
    const why = isLost
      ? 'it was running, and the process that waited for it is gone'
      : 'it is running, and you said --force'
    const remove = () => (isLost ? settleLost(runtime, container) : end(runtime, container))
    return [{ kind: 'container', what: nameOf(container), why, remove }]
  })
}

function nameOf({ id, name }: Container): string {
  return `${id.slice(0, 12)} (${name})`
}

/** Containers are held still only while somebody reads them, who leaves a mark (frozen.ts). */
function frozenLeftover(root: string, container: Container): Leftover[] {
  const marks = marksIn(root).filter((name) => name.startsWith(`frozen-${container.id}-`))
  if (!isFrozen(container.groups ?? []) || marks.some((name) => isHeld(root, name))) return []
  const why = 'it is stopped, and nobody is reading it'
  const remove = () => {
    thaw(container.groups ?? [])
    thawAbandoned(root)
  }
  return [{ kind: 'frozen', what: nameOf(container), why, remove }]
}

function isFrozen(groups: string[]): boolean {
  return groups.some((dir) => {
    const [v1, v2] = ['freezer.state', 'cgroup.freeze'].map((file) => tryRead(`${dir}/${file}`))
    return (v1 !== undefined && v1 !== 'THAWED\n') || v2 === '1\n'
  })
}

function marksIn(root: string): string[] {
  return namesIn(place(root, 'tmp')).filter((name) => name.startsWith('frozen-'))
}

function isHeld(root: string, mark: string): boolean {
  try {
    const text = readFileSync(join(place(root, 'tmp'), mark), 'utf8')
    return isAlive((JSON.parse(text) as Mark).by)
  } catch {
    return false // ignoring: it is not whole, so nothing was frozen by it
  }
}

interface Mark {
  by: Container['monitor']
}
