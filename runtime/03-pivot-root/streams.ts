/**
 * The standard streams of a container: pipes, whose other ends the waiting parent copies from and
 * to the caller's descriptors.
 *
 * A descriptor is more than a way to read or write. Its file can be opened again through
 * /proc/self/fd, with other flags; it can be emptied, or given another owner. So the caller's files
 * stay outside, and only bytes go through. What the caller joined (`2>&1`) stays joined; the list
 * has as many lines then, so that a printed plan counts like the one that is carried out.
 */
import { firstFd, masterFd, slaveFd } from '../descriptors.ts'
import type { PlanOptions } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import { terminal, terminalChannel } from './terminal.ts'

const step = stepOf(3)

export interface Streams {
  /** The caller's standard input is read. */
  hasInput: boolean
  /** Output and errors go to one file, in the order in which they are written. */
  isJoined: boolean
}

declare module '../options.ts' {
  interface ContainerOptions {
    streams?: Streams
  }
  interface PlanOptions {
    /** Without it: no input, and errors apart from output. */
    streams?: Streams
  }
}

type Wanted = Pick<PlanOptions, 'terminal' | 'streams' | 'user'>

/** Before the fork, so that parent and child have it: a pipe for each stream, or the terminal's. */
export function channels({ terminal: size, streams }: Wanted): Step[] {
  if (size) return terminalChannel()
  const { output, errors, input } = endsOf(streams)
  return [
    pipe('STDOUT_FILENO', output, "output leaves through this; the caller's file stays outside"),
    pipe('STDERR_FILENO', errors, 'errors through another, unless they join the output'),
    ...(input ? [pipe('STDIN_FILENO', input, 'input arrives through this')] : []),
  ]
}

/**
 * After /dev, setsid and the working directory: the child's ends of the pipes, or the terminal,
 * become descriptors 0, 1 and 2.
 */
export function standardStreams({ terminal: size, streams, user }: Wanted): Step[] {
  if (size) return terminal(size, user)
  const { output, errors, input, next } = endsOf(streams)
  const pipes = [output, errors, ...(input ? [input] : [])]
  const joined = step(['dup2', output.writeEnd, 2], 'errors join it, as outside')
  return [
    ...pipes.flatMap(({ readEnd }) =>
      user ? [step(['fchown', readEnd, user.uid, user.gid], 'its user may open it again')] : [],
    ),
    ...(input
      ? [step(['dup2', input.readEnd, 0], 'input comes from its pipe')]
      : [
          step(['open', '/dev/null', ['O_RDONLY', 'O_CLOEXEC'], 0], `nothing to read, ${next}`),
          step(['dup2', next, 0], "there is no input, and this is not the host's /dev/null"),
        ]),
    step(['dup2', output.writeEnd, 1], 'output goes into its pipe'),
    streams?.isJoined ? joined : step(['dup2', errors.writeEnd, 2], 'errors go into theirs'),
  ]
}

/** The number of the first file that the plan opens after `channels`. */
export function nextFd({ terminal: size, streams }: Omit<Wanted, 'user'>): number {
  if (size) return masterFd
  const { input, next } = endsOf(streams)
  return input ? input.writeEnd + 1 : next
}

/** The number of the first file that it opens after `standardStreams`. */
export function afterStreams({ terminal: size, streams }: Omit<Wanted, 'user'>): number {
  if (size) return slaveFd + 1
  const { input, next } = endsOf(streams)
  return input ? input.writeEnd + 1 : next + 1
}

interface Ends {
  readEnd: number
  writeEnd: number
}

/** The numbers that pipes get when they are made in this order, and the next free one. */
function endsOf(streams: Streams | undefined) {
  const output = endsFrom(firstFd)
  const errors = endsFrom(output.writeEnd + 1)
  const next = errors.writeEnd + 1
  return { output, errors, next, input: streams?.hasInput ? endsFrom(next) : undefined }
}

function endsFrom(fd: number): Ends {
  return { readEnd: fd, writeEnd: fd + 1 }
}

type Stream = 'STDIN_FILENO' | 'STDOUT_FILENO' | 'STDERR_FILENO'

function pipe(stream: Stream, { readEnd, writeEnd }: Ends, why: string): Step {
  return step(['pipe2', stream, readEnd, writeEnd, ['O_CLOEXEC']], why)
}
