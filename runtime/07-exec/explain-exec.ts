/** Why a newcomer does not get into a container, or not where it was to go. */
import { lstatSync } from 'node:fs'
import { toBytes } from '../bytes.ts'
import type { Call } from '../calls.ts'
import type { FailedStep } from '../chapter-tools.ts'

/** In one line, with what to type next; undefined if the errno says it all. */
export function explainExec(call: Call, scene: FailedStep): string | undefined {
  const { errno } = scene
  const isEntering = call[0] === 'pidfd_open' || call[0] === 'setns_pidfd'
  if (isEntering && errno === 'ESRCH')
    return 'the container has ended meanwhile; to see how: stepbox ps -a'
  if (call[0] === 'setns_pidfd' && errno === 'EINVAL' && call[2] === 'CLONE_NEWUSER')
    return 'it is in that user namespace already, which setns(2) refuses'
  if (call[0] === 'chdir' && errno === 'ENOENT') return noDirectory(call[1], scene)
  return undefined
}

/** run makes the working directory; exec enters what is there, as in Docker. */
function noDirectory(path: string, { plan, index, pid }: FailedStep): string | undefined {
  const joins = plan.slice(0, index).some(({ call }) => call[0] === 'setns_pidfd')
  const inside = toBytes(`/proc/${pid}/root${path}`)
  if (!joins || lstatSync(inside, { throwIfNoEntry: false })) return undefined
  return `the container has no ${path}, and exec makes none, unlike run: mkdir -p ${path} in it`
}
