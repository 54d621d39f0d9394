/** The standard streams of a newcomer: pipes, as the container's own; or a terminal. */
import { masterFd, slaveFd } from '../descriptors.ts'
import { standardStreams } from '../03-pivot-root/streams.ts'
import { connect, control, newTerminal } from '../03-pivot-root/terminal.ts'
import type { PlanOptions, User } from '../options.ts'
import { stepOf, type Step } from '../step.ts'

const step = stepOf(7)

/** After the namespaces, setsid and the working directory. */
export function newcomersStreams(
  options: Pick<PlanOptions, 'terminal' | 'streams' | 'user'>,
): Step[] {
  const { terminal: size, user } = options
  return size ? terminalOf(size, user) : standardStreams(options)
}

/**
 * A further terminal of the container's devpts. Its number is not known beforehand, and what lies
 * at /dev/pts/N is what the container has put there: the other side is opened by the master side.
 */
function terminalOf(size: NonNullable<PlanOptions['terminal']>, user: User | undefined): Step[] {
  return [
    ...newTerminal('/dev/pts/ptmx', size),
    step(['ioctl_ptpeer', masterFd], `its other side, ${slaveFd}, whatever its number is`),
    control(),
    ...(user ? [step(['fchown', slaveFd, user.uid, 5], 'its user may open it again')] : []),
    ...connect(),
  ]
}
