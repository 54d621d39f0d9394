/** Chapter 3. A terminal of the container's own, carried to the caller's by the waiting parent. */
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

/** Descriptors in the order in which they are opened: see `Call` in step.ts. */
const channel = 5
const master = 6
const slave = 7

/**
 * Before the fork: a socket between parent and child, 4 and 5, on which the terminal will travel.
 */
export function terminalChannel(size: Size | undefined): Step[] {
  if (!size) return []
  return [
    step(
      ['socketpair', 'AF_UNIX', 'SOCK_STREAM'],
      'the child will send its terminal to its parent through this',
    ),
  ]
}

/**
 * After /dev and setsid: open a pair in the container's own devpts, keep one side as standard
 * input, output and error, and send the other to the parent, which copies between it and the
 * caller.
 */
export function terminal(size: Size | undefined, user: User | undefined): Step[] {
  if (!size) return []
  return [
    step(['open', '/dev/pts/ptmx', ['O_RDWR', 'O_NOCTTY', 'O_CLOEXEC'], 0], 'a new terminal, 6'),
    step(['ioctl_unlockpt', master], 'until then the other side cannot be opened'),
    step(['ioctl_winsize', master, size.rows, size.columns], "as large as the caller's"),
    step(['open', '/dev/pts/0', ['O_RDWR', 'O_NOCTTY', 'O_CLOEXEC'], 0], 'its other side, 7'),
    step(['ioctl_ctty', slave], 'Ctrl-C and job control need a controlling terminal'),
    ...(user ? [step(['fchown', slave, user.uid, 5], 'its user may open it again')] : []),
    step(['mknod', '/dev/console', 'S_IFREG', 0o600, 0, 0], 'a file to mount the terminal on'),
    step(['mount', '/dev/pts/0', '/dev/console', null, ['MS_BIND'], null], 'messages go there too'),
    step(['sendmsg_rights', channel, master], 'the parent copies between both terminals'),
    ...[0, 1, 2].map((fd) => step(['dup2', slave, fd], standard[fd] ?? '')),
  ]
}

const standard = ['keys come from the terminal', 'output goes to it', 'errors go to it']
