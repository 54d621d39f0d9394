/**
 * A terminal for the container. The waiting parent copies between it and the caller's.
 *
 * The caller's terminal itself is never passed on: a process that has it open could type commands
 * into it for the caller's shell (TIOCSTI, CVE-2017-5226).
 */
import { childSocketFd, masterFd, slaveFd } from '../descriptors.ts'
import type { User } from '../options.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(3)

/** Rows and columns of the caller's terminal. */
export interface Size {
  rows: number
  columns: number
}

declare module '../options.ts' {
  interface ContainerOptions {
    terminal?: Size
  }
  interface PlanOptions {
    terminal?: Size
  }
}

/** Before the fork: a socket pair, on which the child will send the terminal to its parent. */
export function terminalChannel(): Step[] {
  return [
    step(
      ['socketpair', 'AF_UNIX', 'SOCK_STREAM'],
      'the child will send its terminal to its parent through this',
    ),
  ]
}

/**
 * After /dev and setsid: open a terminal in the container's devpts, use its slave side as standard
 * input, output and error, and send its master side to the parent.
 */
export function terminal(size: Size, user: User | undefined): Step[] {
  return [
    ...newTerminal('/dev/pts/ptmx', size),
    step(['open', '/dev/pts/0', [...flags], 0], `its other side, ${slaveFd}`),
    control(),
    ...(user ? [step(['fchown', slaveFd, user.uid, 5], 'its user may open it again')] : []),
    step(['mknod', '/dev/console', 'S_IFREG', 0o600, 0, 0], 'a file to mount the terminal on'),
    step(['mount', '/dev/pts/0', '/dev/console', null, ['MS_BIND'], null], 'messages go there too'),
    ...connect(),
  ]
}

/** Open the master side of a new terminal of the devpts that `ptmx` belongs to. */
export function newTerminal(ptmx: string, { rows, columns }: Size): Step[] {
  return [
    step(['open', ptmx, [...flags], 0], `a new terminal, ${masterFd}`),
    step(['ioctl_unlockpt', masterFd], 'until then the other side cannot be opened'),
    step(['ioctl_winsize', masterFd, rows, columns], "as large as the caller's"),
  ]
}

/** Make it the terminal of the session. */
export function control(): Step {
  return step(['ioctl_ctty', slaveFd], 'Ctrl-C and job control need a controlling terminal')
}

/** Give the parent the one side, and the command the other. */
export function connect(): Step[] {
  return [
    step(['sendmsg_rights', childSocketFd, masterFd], 'the parent copies between both terminals'),
    ...[0, 1, 2].map((fd) => step(['dup2', slaveFd, fd], standard[fd] ?? '')),
  ]
}

/** For both sides; O_NOCTTY because ioctl_ctty makes it the controlling terminal. */
const flags = ['O_RDWR', 'O_NOCTTY', 'O_CLOEXEC'] as const

const standard = ['keys come from the terminal', 'output goes to it', 'errors go to it']
