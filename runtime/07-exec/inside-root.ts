/** A container's files, reached from outside by names that are resolved inside its root. */
import { closeInherited } from '../01-namespaces/namespaces.ts'
import { fromBytes } from '../bytes.ts'
import type { ResolveFlag } from '../flag-names.ts'
import { firstFd } from '../descriptors.ts'
import { perform, StepError } from '../native.ts'
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

/**
 * The texts of files of a running container, as it finds them itself; undefined for a missing one.
 * Each has at most `most` bytes. Throws if the container has ended, or if one of them is larger or
 * is no regular file.
 */
export async function readInContainer(
  container: Container,
  paths: string[],
  most = 2 ** 20,
): Promise<(string | undefined)[]> {
  const pid = pidInside(container)
  const why = 'a link in the container leads to a file of the container'
  const reading = paths.map((path) => step(['read_in_root', rootFd, path, most], why, 'ENOENT'))
  const plan = [...holdRoot(pid), ...reading]
  const reports = await perform(plan).catch((cause: unknown) => {
    checkRunning(container, cause)
    throw cause instanceof StepError ? unreadable(cause, most) : cause
  })
  pidInside(container) // a number that was used again would have named another process
  return reports
    .slice(-paths.length)
    .map(({ errno, answer }) => (errno ? undefined : fromBytes(answer)))
}

/** The pid of the container's first process. Throws if that has ended. */
export function pidInside(container: Container): number {
  const { init, status } = container
  const pid = init && status === 'running' ? pidHere(init) : undefined
  if (typeof pid === 'number') return pid
  throw notRunning(container)
}

/** Throws if the container's end is why a step failed: a process that ends has no namespaces. */
export function checkRunning(container: Container, cause: unknown): void {
  pidInside(container)
  if (!(cause instanceof StepError) || cause.report.errno !== 'ENOENT') return
  if (cause.plan[cause.report.index]?.call[0] === 'open_tree_in') throw notRunning(container)
}

function notRunning({ name }: Container): Error {
  return new Error(`container '${name}' is not running`)
}

function unreadable(cause: StepError, most: number): Error {
  const [name, , path] = cause.plan[cause.report.index]?.call ?? []
  const { errno } = cause.report
  if (name !== 'read_in_root') return cause
  if (errno === 'EINVAL') return new Error(`${path} is not a regular file`, { cause })
  if (errno === 'EFBIG') return new Error(`${path} has more than ${most} bytes`, { cause })
  return cause
}
