/**
 * A socket in the container's directory, for whoever wants to see and type what the container
 * writes and reads. A client hands over its own standard streams; the process of the start copies
 * to and from these. So no program stands in between, and a client that is killed takes nothing
 * with it.
 */
import { stepOf, type Step } from '../step.ts'

const step = stepOf(6)

/** What the socket is to do. */
export interface Listening {
  directory: string
  /** The container's input ends when that of a client does, or the client goes. */
  closesInput: boolean
  /** The first start waits for its first client. */
  isAwaited: boolean
}

declare module '../options.ts' {
  interface ContainerOptions {
    /** Its input ends with the first client that gave it. */
    stdinOnce?: boolean
    /** Its next start waits for a client. */
    isAwaited?: boolean
  }
  interface PlanOptions {
    listening?: Listening
  }
}

/** Before the fork, by the process of the start. */
export function listen(listening: Listening | undefined): Step[] {
  if (!listening) return []
  const { directory, closesInput, isAwaited } = listening
  return [
    step(
      ['listen', directory, Number(closesInput), Number(isAwaited)],
      'who attaches later is let in here: its terminal or pipes come through this socket',
    ),
  ]
}

/** What a client wants of a container. */
export interface ClientWish {
  directory: string
  /** Of standard input, output and errors. */
  streams: [boolean, boolean, boolean]
  /** The container has a terminal, and this client is to be on it. */
  hasTerminal: boolean
  /** The container may be starting for so long. */
  milliseconds: number
}

/** The list of a client; its exit code is the container's. */
export function client({ directory, streams, hasTerminal, milliseconds }: ClientWish): Step[] {
  const mask = streams.reduce((bits, isWanted, fd) => bits + (isWanted ? 1 << fd : 0), 0)
  return [
    step(
      ['attach', directory, mask, milliseconds, Number(hasTerminal)],
      'hand over descriptors 0 to 2, pass signals on, and end as the container does',
    ),
  ]
}
