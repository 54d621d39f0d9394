/** The root of a container that runs, held by a process outside: the way in for its files. */
import { closeInherited } from '../01-namespaces/namespaces.ts'
import type { ResolveFlag } from '../flag-names.ts'
import { firstFd } from '../descriptors.ts'
import type { Container } from '../options.ts'
import { pidHere } from '../process.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(7)

/** The descriptor of the container's root, after `holdRoot`. */
export const rootFd = firstFd

/** Links lead to places inside the root, `..` stops at it, and links of procfs are refused. */
export const resolvedInside: ResolveFlag[] = ['RESOLVE_IN_ROOT', 'RESOLVE_NO_MAGICLINKS']

/**
 * Hold the root of the process `pid` open as `rootFd`: a copy of the mount on its `/` alone. What
 * is mounted below it, procfs with its links above all, is not in the copy, as it is not in what
 * `docker cp` sees.
 */
export function holdRoot(pid: number): Step[] {
  const why = 'the mount on / alone: without /proc, no link in it leads out'
  const flags = ['OPEN_TREE_CLONE', 'OPEN_TREE_CLOEXEC'] as const
  return [
    ...closeInherited(),
    step(['open_tree_in', `/proc/${pid}/ns/mnt`, '/', [...flags]], why),
  ]
}

/** The pid of the container's first process. Throws if that has ended. */
export function pidInside({ name, init, status }: Container): number {
  const pid = init && status === 'running' ? pidHere(init) : undefined
  if (typeof pid === 'number') return pid
  throw new Error(`container '${name}' is not running`)
}
