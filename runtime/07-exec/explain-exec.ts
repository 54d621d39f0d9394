/** Why a newcomer does not get into a container. */
import type { Call } from '../calls.ts'
import type { FailedStep } from '../chapter-tools.ts'

/** In one line, with what to type next; undefined if the errno says it all. */
export function explainExec(call: Call, { errno }: FailedStep): string | undefined {
  if (call[0] === 'pidfd_open' && errno === 'ESRCH')
    return 'the container has ended meanwhile; to see how: stepbox ps -a'
  if (call[0] === 'setns_pidfd' && errno === 'EINVAL' && call[2] === 'CLONE_NEWUSER')
    return 'it is in that user namespace already, which setns(2) refuses'
  return undefined
}
