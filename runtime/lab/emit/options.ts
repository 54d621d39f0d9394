/** What a job for a cluster is made of. */
import type { Speak } from '../../sentence.ts'

export interface JobOptions {
  /** The directories of the submissions, without their parent. Any bytes: see `fromBytes`. */
  names: string[]
  chapter: number
  /** Tasks that the names are shared out to, the first to the first task, and round again. */
  tasks?: number
  /** Tasks that may run at the same time. */
  atOnce?: number
  /** Seconds that one submission may take. */
  seconds: number
  /** Renders the comments. */
  say: Speak
}

/** What is known of a job once its defaults are filled in. */
export interface Job extends Required<JobOptions> {
  /** Minutes that a task may take, with some to start in. */
  minutes: number
}

/** How many times slower a submission may be where QEMU emulates the processor. */
export const emulation = 10
