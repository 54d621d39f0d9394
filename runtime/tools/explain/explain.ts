/** A failed step in words: the call, its place in the plan, and the cause on this machine. */
import type { Call } from '../../calls.ts'
import type { FailedStep } from '../../chapter-tools.ts'
import type { Chapter } from '../../chapter.ts'
import type { Report } from '../../reports.ts'
import { printable } from '../../printable.ts'
import type { Step } from '../../step.ts'
import { errnoInWords, failureInWords } from '../../strace.ts'
import { ofGroupMkdir, ofGroupWrite } from './groups.ts'
import { ofMount } from './mounts.ts'
import { ofGetcwd, ofPath } from './paths.ts'
import { deniedCause, namespaceLimit, standingOf, unmappedCause } from './privileges.ts'
import { ofManyProcesses } from './processes.ts'
import { ofExecvpe } from './programs.ts'
import { ofPivotRoot } from './roots.ts'
import { procText } from '../proc.ts'

/** What to print about a failed step, and the exit code for it. */
export interface Explanation {
  /** At most three lines. */
  text: string
  /** 127 if the command was not found, 126 if it cannot be executed, else 125. */
  exitCode: number
}

/** Where to look for a cause: the process that made the call, still in that state. */
export interface Where {
  /** By the host's number. */
  pid: number
  /** Chapters that may know further causes. */
  rows?: Chapter[]
}

/**
 * Explain the step at which `plan` stopped. Without `where` the text is only the call and its
 * place. A cause is named only if it was found on this machine.
 */
export async function explain(
  plan: Step[],
  report: Pick<Report, 'index' | 'errno'> & { answer?: Buffer },
  where?: Where,
): Promise<Explanation> {
  const { index, errno = 'no errno' } = report
  const call = plan[index]?.call
  const lines = [failureInWords(plan, index, errnoInWords(report))]
  if (!call) return { text: lines.join('\n'), exitCode: 125 }
  const scene = where && { plan, index, errno, pid: where.pid }
  const cause = scene && (sharedCause(call, scene) ?? (await causeOfChapters(call, scene, where)))
  if (cause) lines.push(`  ${printable(cause)}`)
  return { text: lines.join('\n'), exitCode: exitCodeOf(call, errno) }
}

/** The first cause that a chapter knows, later chapters first. */
async function causeOfChapters(
  call: Call,
  scene: FailedStep,
  { rows = [] }: Where,
): Promise<string | undefined> {
  for (const { tools } of rows.toReversed()) {
    const known = await tools?.()
    const cause = unlessItThrows(() => known?.explain?.(call, scene))
    if (cause !== undefined) return cause
  }
  return undefined
}

function exitCodeOf(call: Call, errno: string): number {
  if (call[0] !== 'execvpe') return 125
  return errno === 'ENOENT' ? 127 : 126
}

/** The first shared cause that applies: causes of this call, then causes of any call. */
function sharedCause(call: Call, scene: FailedStep): string | undefined {
  return unlessItThrows(() => causeOf(call, scene) ?? generalCause(call, scene))
}

function unlessItThrows(look: () => string | undefined): string | undefined {
  try {
    return look()
  } catch {
    return undefined // ignoring: without permission to look there is no explanation
  }
}

function causeOf(call: Call, scene: FailedStep): string | undefined {
  if (call[0] === 'pivot_root') return ofPivotRoot(call, scene)
  if (call[0] === 'mount') return ofMount(call, scene)
  if (call[0] === 'execvpe') return ofExecvpe(call, scene)
  if (call[0] === 'getcwd') return ofGetcwd(scene)
  if (call[0] === 'write') return ofGroupWrite(call, scene)
  if (call[0] === 'mkdir') return ofGroupMkdir(call, scene) ?? ofPath(call[1], scene)
  const paths = ['chdir', 'chroot', 'open', 'mknod', 'umount2', 'mkdir_parents'] as const
  const isOnPath = (each: Call): each is Extract<Call, [(typeof paths)[number], ...unknown[]]> =>
    (paths as readonly string[]).includes(each[0])
  return isOnPath(call) ? ofPath(call[1], scene) : undefined
}

function generalCause(call: Call, scene: FailedStep): string | undefined {
  const { errno } = scene
  if (call[0] === 'unshare' && errno === 'ENOSPC') return namespaceLimit(call[1], standingOf(scene))
  if (errno === 'EMFILE') return openFilesCause(scene)
  if (errno === 'EAGAIN') return ofManyProcesses(scene)
  if (errno === 'EINVAL') return unmappedCause(call, standingOf(scene))
  if (errno !== 'EPERM' && errno !== 'EACCES') return undefined
  return call[0] === 'execvpe' ? undefined : deniedCause(call, errno, standingOf(scene))
}

/** The limit of the process that made the call (getrlimit(2), RLIMIT_NOFILE). */
function openFilesCause({ plan, index, pid }: FailedStep): string | undefined {
  const [, most] = /^Max open files +(\d+)/m.exec(procText(pid, 'limits')) ?? []
  if (!most) return undefined
  const isFlag = plan.slice(0, index).some(({ call }) => {
    return call[0] === 'setrlimit' && call[1] === 'RLIMIT_NOFILE' && call[2] === Number(most)
  })
  return isFlag
    ? `it may have ${most} files open at most; to raise that: --ulimit nofile=1024`
    : `it may have ${most} files open at most; to raise that: ulimit -n 1024`
}
