/** Tests. A data root to type commands on, and containers that hear signals. */
import type { TestContext } from 'vitest'
import { listContainers } from '../../runtime/container/find.ts'
import type { Container } from '../../runtime/options.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

export async function store(context: TestContext) {
  needs(context, 'root', 'overlay', 'cgroup-freezer')
  const root = await rootWithBusybox()
  /** Gives what is printed; with the errors and the exit code, if it is not 0. */
  const typed = async (line: string, ...more: string[]) => {
    const { code, out, err } = await stepbox([...line.split(' '), ...more], { root })
    return code === 0 && err === '' ? out.trim() : `${out}${err}${code}`
  }
  /** The newest container. */
  const only = () => listContainers(root)[0] as Container
  return { root, typed, only }
}

/** It says `ready` when it hears signals, and ends with the exit code 4 on TERM, 5 on HUP. */
const lasting = 'echo ready; while :; do sleep 0.01; done'
export const hearing = `trap "exit 4" TERM; trap "exit 5" HUP; ${lasting}`
export const deaf = `trap "" TERM; ${lasting}`
