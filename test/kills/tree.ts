/** Tests. The processes that a command has started, and which of them they are. */
import { readlinkSync } from 'node:fs'
import { namesIn, tryRead } from '../../runtime/files.ts'
import type { ProcessId } from '../../runtime/options.ts'
import { identify } from '../../runtime/process.ts'

/** A process, and what it is: the command line, a native program, or inside a container. */
export interface Member {
  id: ProcessId
  what: 'stepbox' | 'native' | 'container' | 'monitor' | 'start'
}

/** Process `pid` with all that descend from it, as they are at this moment. */
export function treeOf(pid: number): Member[] {
  const members: Member[] = []
  const walk = (each: number) => {
    const id = identify(each)
    if (id) members.push({ id, what: each === pid ? 'stepbox' : kindOf(each) })
    childrenOf(each).forEach(walk)
  }
  walk(pid)
  return members
}

/** What each of its threads has started (proc_tid_children(5)). */
function childrenOf(pid: number): number[] {
  const tasks = `/proc/${pid}/task`
  const texts = namesIn(tasks).map((task) => tryRead(`${tasks}/${task}/children`) ?? '')
  return texts.flatMap((text) => text.split(' ')).map(Number).filter(Boolean)
}

function kindOf(pid: number): Member['what'] {
  try {
    const isInside = readlinkSync(`/proc/${pid}/ns/pid`) !== readlinkSync('/proc/self/ns/pid')
    return isInside ? 'container' : 'native'
  } catch {
    return 'native' // ignoring: it is ending
  }
}
