/** Tests. A container that waits, and its resolver beside it. */
import { readFileSync } from 'node:fs'
import type { TestContext } from 'vitest'
import { begin } from '../../test/carry-out.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { resolving, twoContainers } from './asking.ts'

/** The container runs a script of a shell, which says that it is ready. `pid` is the resolver's. */
export async function waiting(
  context: TestContext,
  { script = 'echo ready; read line', servers = [] }: { script?: string; servers?: string[] } = {},
) {
  needs(context, 'root', 'packet-filter')
  const root = scratch()
  twoContainers(root, servers)
  const begun = begin(resolving(root, ['sh', '-c', script]))
  await begun.says('ready')
  const children = readFileSync(
    `/proc/${begun.launched.pid}/task/${begun.launched.pid}/children`,
    'utf8',
  )
  const pid = children.trim().split(' ').map(Number).find((each) => nameOf(each) === 'resolver')
  return { begun, pid: pid ?? 0 }
}

const nameOf = (pid: number) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
