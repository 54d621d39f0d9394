/** Tests. What the process that has the queue and one that runs tests say to each other. */
import type { CapabilityVerdict } from '../../runtime/tools/doctor/diagnosis.ts'

export interface Job {
  /** A file of tests, relative to the project. */
  file: string
  /** The tests that need not be run, by id: an earlier process has told how they ended. */
  done: string[]
  /** Name the tests that would be run, and run none. */
  isList: boolean
  capabilities: CapabilityVerdict[]
  patience: number
}

export interface Ended {
  id: string
  name: string
  state: 'pass' | 'fail' | 'skip'
  ms: number
  /** What `context.skip` was given. */
  note?: string
  needs?: string[]
  error?: string
}

export type Said =
  | { ready: true }
  | { listed: { name: string } }
  | { begun: { id: string; name: string; timeout: number } }
  | { ended: Ended }
  /** A suite, or the file when `name` is empty: its hooks or its first lines failed. */
  | { broken: { name: string; error: string } }
