/** A failed step in words: the call, where in the plan, and what is wrong here. */
import { ofExecvpe } from './programs.ts'
import { ofGetcwd, ofPath } from './paths.ts'
import { ofGroupMkdir, ofGroupWrite } from './groups.ts'
import { ofMount } from './mounts.ts'
import { ofPivotRoot } from './roots.ts'
import { deniedCause, namespaceLimit, standingOf, unmappedCause } from './privileges.ts'
import type { FailureScene } from './scene.ts'
import type { Chapter } from '../../chapter.ts'
import type { Report } from '../../native.ts'
import type { Call } from '../../calls.ts'
import type { Step } from '../../step.ts'
import { failureInWords } from '../../strace.ts'

export interface Explanation {
  /** At most three lines. */
  text: string
  /** 127 when the command was not found, 126 when it cannot be executed, else 125. */
  exitCode: number
}

/** Where to look for a cause: the process that made the call, still as it was then. */
export interface Where {
  /** By the host's number. */
  pid: number
  /** Chapters that may know causes of their own. */
  rows?: Chapter[]
}

/**
 * What to say about the step on which `plan` stopped. Without `where` nothing is looked at, and the
 * text is only the call and its place. A cause is named only when it was seen.
 */
export async function explain(
  plan: Step[],
  report: Pick<Report, 'index' | 'errno'>,
  where?: Where,
): Promise<Explanation> {
  const { index, errno = 'no errno' } = report
  const call = plan[index]?.call
  const lines = [failureInWords(plan, index, errno)]
  if (!call) return { text: lines.join('\n'), exitCode: 125 }
  const scene = where && { plan, index, errno, pid: where.pid }
  const cause = scene && (seenCause(call, scene) ?? (await causeOfChapters(call, scene, where)))
  if (cause) lines.push(`  ${printable(cause)}`)
  return { text: lines.join('\n'), exitCode: exitCodeOf(call, errno) }
}

/** What the chapters know, the latest first. */
async function causeOfChapters(
  call: Call,
  scene: FailureScene,
  { rows = [] }: Where,
): Promise<string | undefined> {
  for (const { tools } of rows.toReversed()) {
    const cause = (await tools?.())?.explain?.(call, scene)
    if (cause !== undefined) return cause
  }
  return undefined
}

function exitCodeOf(call: Call, errno: string): number {
  if (call[0] !== 'execvpe') return 125
  return errno === 'ENOENT' ? 127 : 126
}

/** Names of files may hold anything; what is told stays one line. */
function printable(cause: string): string {
  return cause.replace(/[\x00-\x1f\x7f]|[\udc80-\udcff]/gu, '?')
}

/** The first cause that holds, from what the call itself is about to what holds for all calls. */
function seenCause(call: Call, scene: FailureScene): string | undefined {
  try {
    return causeOf(call, scene) ?? generalCause(call, scene)
  } catch {
    return undefined // ignoring: what cannot be looked at is not explained
  }
}

function causeOf(call: Call, scene: FailureScene): string | undefined {
  if (call[0] === 'pivot_root') return ofPivotRoot(call, scene)
  if (call[0] === 'mount') return ofMount(call, scene)
  if (call[0] === 'execvpe') return ofExecvpe(call, scene)
  if (call[0] === 'getcwd') return ofGetcwd(scene)
  if (call[0] === 'write') return ofGroupWrite(call, scene)
  if (call[0] === 'mkdir') return ofGroupMkdir(call, scene) ?? ofPath(call[1], scene)
  const paths = ['chdir', 'chroot', 'open', 'mknod', 'umount2'] as const
  const isOnPath = (each: Call): each is Extract<Call, [(typeof paths)[number], ...unknown[]]> =>
    (paths as readonly string[]).includes(each[0])
  return isOnPath(call) ? ofPath(call[1], scene) : undefined
}

function generalCause(call: Call, scene: FailureScene): string | undefined {
  const { errno } = scene
  if (call[0] === 'unshare' && errno === 'ENOSPC') return namespaceLimit(call[1], standingOf(scene))
  if (errno === 'EINVAL') return unmappedCause(call, standingOf(scene))
  if (errno !== 'EPERM' && errno !== 'EACCES') return undefined
  return call[0] === 'execvpe' ? undefined : deniedCause(call, errno, standingOf(scene))
}
