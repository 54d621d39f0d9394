/** The log: what a container writes to its output and its errors, kept in a file. */
import { stepOf, type Step } from '../step.ts'

const step = stepOf(6)

/** How much of the output is kept. */
export interface LogOptions {
  driver: 'json-file' | 'local' | 'none'
  /** Most bytes of a file; without it there is no bound. */
  maxBytes?: number
  /** How many files there are, the current one among them. */
  files?: number
}

/** The log of a container, as its plan needs it. */
export interface Log {
  path: string
  maxBytes: number
  files: number
}

declare module '../options.ts' {
  interface ContainerOptions {
    logging?: LogOptions
  }
  interface PlanOptions {
    log?: Log
  }
}

/** Opened before the fork, by the parent, which copies what the container writes. */
export function openLog(log: Log | undefined): Step[] {
  if (!log) return []
  return [
    step(
      ['open_log', log.path, log.maxBytes, log.files],
      'what the container writes is kept, with the time, for whoever asks later',
    ),
  ]
}
