/** Why `--oom-score-adj` fails. */
import type { FailedStep } from '../chapter-tools.ts'
import type { Call } from '../calls.ts'
import { tryRead } from '../files.ts'

/** Lowering the score is privileged (proc_pid_oom_score_adj(5)). */
export function explainScore(call: Call, { errno }: FailedStep): string | undefined {
  if (call[0] !== 'write' || call[1] !== '/proc/self/oom_score_adj') return undefined
  if (errno !== 'EACCES') return undefined
  const own = tryRead(call[1])?.trim() ?? '0'
  return `${call[2]} is below ${own}, which this process has: that takes CAP_SYS_RESOURCE`
}
