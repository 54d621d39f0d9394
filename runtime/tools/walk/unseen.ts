/** Why a call changed nothing that the host can see, and where it could be seen. */
import type { PlannedLine, RecordedFrame } from './recording.ts'

/**
 * By the name in the list. Each was either so before, or is kept where /proc does not show it.
 * `{pid}` stands for the number of the process.
 */
const words: Record<string, string> = {
  chdir: 'it was in that directory before: ls -l /proc/{pid}/cwd',
  close_range: 'no descriptor from there on was open: ls -l /proc/{pid}/fd',
  capset: 'it had none to lose before: CapInh in /proc/{pid}/status',
  dup2: 'the descriptor led to the same file before: ls -l /proc/{pid}/fd',
  execvpe: 'it ended too soon to be looked at',
  fchown: 'the owner was that before',
  getcwd: 'it only asks where the process is',
  ioctl: 'the kernel keeps it with the terminal: stty -a, in the container',
  ioprio_set: 'it was so before, or see: ionice -p {pid}',
  keyctl: 'a new keyring is seen only from inside: cat /proc/keys, in the container',
  mkdir: 'it was there before',
  mount: 'no mount had it otherwise before: cat /proc/{pid}/mountinfo',
  personality: 'it was that before: cat /proc/{pid}/personality',
  prctl: 'only the process itself can ask for it: prctl(PR_GET_PDEATHSIG)',
  sched_setaffinity: 'it had all processors before: Cpus_allowed_list in /proc/{pid}/status',
  sched_setattr: 'it had that policy and priority before: chrt -p {pid}',
  sendmsg: "its parent has one descriptor more: ls -l /proc/PARENT/fd",
  setgid: 'its group was that before: Gid in /proc/{pid}/status',
  setgroups: 'it had no others before: Groups in /proc/{pid}/status',
  setrlimit: 'the limit was that before: cat /proc/{pid}/limits',
  setuid: 'its user was that before: Uid in /proc/{pid}/status',
  sethostname: 'the name was that before',
  umask: 'it was that before: Umask in /proc/{pid}/status',
  unshare: 'its children will be in it: ls -l /proc/{pid}/ns/pid_for_children',
  write: 'that was in the file before',
}

/** In words, for a call that caused no change. */
export function whyUnseen(line: PlannedLine | undefined, { errno, state }: RecordedFrame): string {
  if (errno !== undefined)
    return line?.ignoring === errno
      ? `It failed with ${errno}, and the list allows that: nothing changed.`
      : `It failed with ${errno}: nothing changed.`
  const where = words[line?.name ?? '']
  if (where === undefined) return 'Nothing changed that the host can see.'
  const shown = where.replaceAll('{pid}', String(state?.pid ?? 'PID'))
  return `Nothing changed that the host can see: ${shown}`
}
