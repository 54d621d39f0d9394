/** The log: what a container writes to its output and its errors, kept in a file. */
import { stepOf, type Step } from '../step.ts'

const step = stepOf(6)

/** The log of a container, as its plan needs it. */
export interface Log {
  path: string
  /** Bytes in a file after which the next record begins another one; 0 for no bound. */
  maxBytes: number
  /** How many files there are, the current one among them. */
  files: number
  /** What every record says of the container, as JSON. */
  attributes?: string
}

declare module '../options.ts' {
  interface PlanOptions {
    log?: Log
  }
}

/** Opened before the fork, by the parent, which copies what the container writes. */
export function openLog(log: Log | undefined): Step[] {
  if (!log) return []
  const { path, maxBytes, files, attributes = '' } = log
  return [
    step(
      ['open_log', path, maxBytes, files, attributes],
      'what the container writes is kept, with the time, for whoever asks later',
    ),
  ]
}
