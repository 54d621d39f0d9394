/** Tests. The messages between the process with the queue (crew.ts) and a worker (worker.ts). */
import type { CapabilityVerdict } from '../../runtime/tools/doctor/diagnosis.ts'

export interface Job {
  /** A file of tests, relative to the project. */
  file: string
  /** Ids of tests whose results an earlier worker has sent already. */
  done: string[]
  /** Name the tests that would run, and run none. */
  isList: boolean
  capabilities: CapabilityVerdict[]
  patience: number
}

export interface Ended {
  id: string
  name: string
  state: 'pass' | 'fail' | 'skip'
  ms: number
  /** The argument of `context.skip`. */
  note?: string
  needs?: string[]
  error?: string
}

export type Said =
  | { ready: true }
  | { listed: { name: string } }
  | { begun: { id: string; name: string; timeout: number } }
  | { ended: Ended }
  /** A suite whose hooks failed, or, if `name` is empty, a file that could not be loaded. */
  | { broken: { name: string; error: string } }
