/** The processes of a container, by their numbers on the host and inside. */
import { commandLine, listPids, namespaceOf, parentOf, statusOf } from '../proc.ts'

/** A process of a container. */
export interface SeenProcess {
  /** The number on the host. */
  host: number
  /** The number in the container. */
  inside: number
  /** The command line, or the name in brackets for a process without one. */
  command: string
  /** The letter that ps(1) shows: R running, S sleeping, T stopped, Z zombie. */
  state: string
  uid: number
  memoryBytes: number
}

/**
 * All processes in the pid namespace of process `first` and in its descendants. NSpid in
 * /proc/<pid>/status has one number for each namespace, the outermost first.
 */
export function processesWith(first: number): SeenProcess[] {
  const namespace = namespaceOf(first, 'pid')
  const depth = numbersIn(statusOf(first)).length
  if (namespace === '' || depth === 0) return []
  const seen = listPids().flatMap((host) => {
    const status = statusOf(host)
    const all = numbersIn(status)
    const inside = all[depth - 1]
    if (inside === undefined) return []
    const isIn = namespaceOf(host, 'pid') === namespace
    const isBelow = () => all.length > depth && descends(host, first)
    return isIn || isBelow() ? [seenProcess(host, inside, status)] : []
  })
  return seen.sort((a, b) => a.inside - b.inside)
}

/** Whether process `first` is an ancestor of `pid`. */
function descends(pid: number, first: number): boolean {
  for (let at = pid; at > 1; at = parentOf(at)) if (at === first) return true
  return false
}

function seenProcess(host: number, inside: number, status: Map<string, string>): SeenProcess {
  return {
    host,
    inside,
    command: commandLine(host),
    state: (status.get('State') ?? '').slice(0, 1),
    uid: parseInt(status.get('Uid') ?? '0'),
    memoryBytes: parseInt(status.get('VmRSS') ?? '0') * 1024,
  }
}

function numbersIn(status: Map<string, string>): number[] {
  return (status.get('NSpid') ?? '').split(/\s+/).filter(Boolean).map(Number)
}
