/**
 * The last lines of every list: session, working directory, user, and the command.
 *
 * The user comes last: after setuid(2) the process has no right any more to mount, or to enter a
 * directory that is closed to that user.
 */
import type { PlanOptions, User } from '../options.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(1)

/** Leave the caller's session: its terminal sends no signals here, and TIOCSTI does not work. */
export function session(): Step[] {
  return [step(['setsid'], "the caller's terminal no longer controls this process")]
}

/** The command's working directory; by default the caller's. */
export function directory(cwd: string | undefined): Step[] {
  return cwd ? [step(['chdir', cwd], 'the command starts in this directory')] : []
}

/** Become the command. The native program's own descriptors are close-on-exec. */
export function command({ argv, env, user }: Pick<PlanOptions, 'argv' | 'env' | 'user'>): Step[] {
  return [
    ...identity(user),
    step(['umask', 0o022], 'new files are not writable by everyone'),
    step(['execvpe', argv[0] ?? '', argv, env], 'the process becomes the command'),
  ]
}

/** Become `user`, by default root. Groups come first: only root may change them. */
function identity({ uid, gid, groups = [gid] }: User = { uid: 0, gid: 0 }): Step[] {
  return [
    step(
      ['setgroups', groups],
      "the caller's groups would come along, and a file may deny its group what others may",
    ),
    step(['setgid', gid], 'the group first: after setuid it is too late'),
    ...(uid === 0 ? [] : ordinary(uid)),
  ]
}

function ordinary(uid: number): Step[] {
  return [
    step(['setuid', uid], 'from here on, an ordinary user'),
    step(['prctl', 'PR_SET_PDEATHSIG', 'SIGKILL'], 'changing the user cleared it (prctl(2))'),
  ]
}
