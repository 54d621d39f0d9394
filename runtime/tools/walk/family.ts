/** A process among its ancestors and descendants, as the host numbers them and as each does. */
import { commandName, listPids, parentOf, statusField } from '../proc.ts'

/** A process, as observations and recordings have it. */
export interface ProcessLine {
  pid: number
  /** Its parent's number on the host. */
  parent: number
  /** Its number in each pid namespace that it is in, the host's first (NSpid). */
  numbers: number[]
  command: string
}

/**
 * The process `pid` and all below it, and those above it up to this program; each after its parent.
 * Of a process that is not below this program, only what is below it.
 */
export function familyOf(pid: number): ProcessLine[] {
  const above = ancestorsOf(pid)
  const isOurs = above.at(-1) === process.pid
  const all = [...(isOurs ? above.toReversed() : []), pid, ...descendantsOf(pid)].map(processLine)
  return all.filter(({ numbers }) => numbers.length > 0) // without those that ended meanwhile
}

/** Its parent, the parent of that, and so on, up to this program. */
function ancestorsOf(pid: number): number[] {
  const above: number[] = []
  for (let at = parentOf(pid); at > 1; at = parentOf(at)) {
    above.push(at)
    if (at === process.pid) break
  }
  return above
}

function descendantsOf(pid: number): number[] {
  const parents = new Map(listPids().map((each) => [each, parentOf(each)]))
  const found: number[] = []
  for (let at: number | undefined = pid, next = 0; at !== undefined; at = found[next++])
    for (const [each, parent] of parents) if (parent === at) found.push(each)
  return found
}

function processLine(pid: number): ProcessLine {
  const numbers = statusField(pid, 'NSpid').split(/\s+/).filter(Boolean).map(Number)
  return { pid, parent: parentOf(pid), numbers, command: commandName(pid) }
}
