/** Chapter 1. The last lines of every list: who runs the command, where, and the command. */
import type { PlanOptions, User } from '../options.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(1)

/** A session of its own: no signal from the caller's terminal, no typing into it (TIOCSTI). */
export function session(): Step[] {
  return [step(['setsid'], "the caller's terminal no longer controls this process")]
}

/** Where the command starts; without it, where the caller is. */
export function directory(cwd: string | undefined): Step[] {
  return cwd ? [step(['chdir', cwd], 'the command starts in this directory')] : []
}

/** Become the command. Whatever the native program had open is closed by this very call. */
export function command({ argv, env, user }: Pick<PlanOptions, 'argv' | 'env' | 'user'>): Step[] {
  return [
    ...identity(user),
    step(['umask', 0o022], 'new files are not writable for everybody'),
    step(['execvpe', argv[0] ?? '', argv, env], 'the process becomes the command'),
  ]
}

/** Give up root for `user`. Groups go first: afterwards it would no longer be allowed. */
function identity(user: User | undefined): Step[] {
  if (!user) return []
  return [
    step(['setgroups', []], "the caller's supplementary groups would come along"),
    step(['setgid', user.gid], 'the group first: after setuid it is too late'),
    step(['setuid', user.uid], 'from here on, an ordinary user'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'changing the user cleared it (prctl(2))'),
  ]
}
