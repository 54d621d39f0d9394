/**
 * What a process inherits from its caller and no namespace holds back, reset to what it is in a
 * process that the machine starts at boot. Docker's containers have these values because a daemon
 * starts them; here a caller does, whose keys, rights and priorities are not the container's.
 *
 * Node has done the same for signals: its children have none blocked, and none ignored.
 */
import { stepOf, type Step } from '../step.ts'

const step = stepOf(1)

/** The soft limit of open files that Docker sets. Node has raised the caller's to the hard one. */
const openFiles = 1024

/** As many processors as C's cpu_set_t has room for, which is what runc sets. */
const mostCpus = 1024

declare module '../options.ts' {
  interface ContainerOptions {
    /** How readily the OOM killer chooses it, -1000 to 1000. */
    oomScoreAdj?: number
  }
  interface PlanOptions {
    oomScoreAdj?: number
  }
}

/** The child of the fork loses what it has inherited, except for the user: see `command`. */
export function inheritance(oomScoreAdj?: number): Step[] {
  return [
    step(
      ['keyctl', 'KEYCTL_JOIN_SESSION_KEYRING', null],
      "every process of the container could read the keys of the caller's session (keyrings(7))",
    ),
    step(
      ['capset_inheritable', 0],
      "an ordinary user's program could get capabilities that the caller had inheritable",
    ),
    oomScore(oomScoreAdj),
    step(
      ['setrlimit_soft', 'RLIMIT_NOFILE', openFiles],
      'select(2) fails above 1024, and some programs close every descriptor up to the limit',
    ),
    step(['sched_setaffinity', mostCpus], "it would run on the caller's processors only"),
    step(
      ['sched_setattr', 'SCHED_OTHER', 0],
      "a real-time caller's container could take a processor and never give it back",
      'EPERM',
    ),
    step(
      ['ioprio_set', 'IOPRIO_WHO_PROCESS', 0, 'IOPRIO_CLASS_NONE', 0],
      'its reads and writes would go before or after all others, as the caller\'s do',
    ),
    step(
      ['personality', 'PER_LINUX'],
      'it could have executable data, predictable addresses, or the uname of another machine',
    ),
  ]
}

/** Only a privileged process may lower it, and a value that was asked for must not be missing. */
function oomScore(adjustment: number | undefined): Step {
  const path = '/proc/self/oom_score_adj'
  if (adjustment === undefined)
    return step(
      ['write', path, '0'],
      'the OOM killer would spare or prefer the container as it does the caller',
      'EACCES',
    )
  const why = 'when the machine runs out of memory, the OOM killer chooses it so much rather'
  return step(['write', path, String(adjustment)], why)
}
