/**
 * What a chapter adds to the tools that look at containers from outside: consequences for `break`,
 * observers for `--step`, causes of failures, capabilities for `doctor`, leftovers for `reset`, and
 * rows for `x-ray`.
 */
import type { Consequence, Misconception } from './consequence.ts'
import type { Runtime } from './chapter.ts'
import type { Container } from './options.ts'
import type { Call } from './calls.ts'
import type { Step } from './step.ts'

declare module './chapter.ts' {
  interface Chapter {
    tools?: () => Promise<ChapterTools>
  }
}

/** Everything is optional; each tool takes what there is. */
export interface ChapterTools {
  /** What happens without each line that the chapter adds. */
  consequences?: Consequence[]
  misconceptions?: Misconception[]
  /** Further looks of `--step` at the process that makes the calls; wide ones begin with a walk. */
  observers?: (Observer | (() => WideObserver))[]
  /**
   * Why a call failed, in one line, or undefined. Asked if the shared causes do not apply; later
   * chapters first.
   */
  explain?: (call: Call, failure: FailedStep) => string | undefined
  /** Further capabilities that `doctor` tries. */
  capabilities?: Capability[]
  /** The capabilities, shared or added, that the chapter's containers need. */
  demands?: Demands
  /** Further searches of `reset`, after the shared ones, in this order. */
  leftovers?: LeftoverSearch[]
  /** Further rows of `x-ray` for a running container, whose directory is `dir`. */
  xray?: (container: Container, dir: string) => XRayRow[] | Promise<XRayRow[]>
}

/** A look at a process. What differs between two looks is shown as a change of `topic`. */
export interface Observer {
  topic: string
  /** Values by name, of process `pid` by the host's number. It may throw if the process is gone. */
  look: (pid: number) => Record<string, string>
}

/** A look that costs much and shows several topics: the values by topic and name. */
export interface WideObserver {
  lookWidely: (pid: number) => Promise<Record<string, Record<string, string>>>
}

/** A failed call. The process that made it is still in the state in which it failed. */
export interface FailedStep {
  plan: Step[]
  index: number
  errno: string
  /** By the host's number. */
  pid: number
}

/** Something that a machine can do or not. */
export interface Capability {
  /** As chapters demand it and tests ask for it: `network-namespace`. */
  name: string
  /** The heading under which `doctor` shows it. */
  topic: string
  /** Calls that succeed if the machine has it. They must leave nothing behind. */
  tried: () => Step[]
  /** Shown if they succeed, as `mount("overlay", …)`. */
  found: string
  /** The reason shown if they fail, except for lack of permission. */
  why: string
  /** A command to type then. */
  remedy?: string
  /** The cause of a failed call, if it differs from call to call. */
  blamed?: (step: Step, errno: string) => { why: string; remedy?: string } | undefined
  /** Once the calls have succeeded: what is read on the host, without a change to anything. */
  looked?: (root: string) => HostFinding | Promise<HostFinding>
}

/** What a look at the host has found. */
export interface HostFinding {
  /** `part`: with a reservation that `why` states. `unknown`: it could not be found out. */
  state: 'yes' | 'part' | 'no' | 'unknown'
  /** A value, or what is in the way. */
  found: string
  why?: string
  /** A command to type, or the closest thing to one. */
  remedy?: string
}

/** What a chapter needs, by the names of capabilities. */
export interface Demands {
  /** Without these, neither this chapter nor a later one works. */
  needs?: string[]
  /** Without these, this chapter does not work. */
  own?: string[]
  /** Without these, this chapter works only in part. */
  wants?: string[]
}

/** Something that a crash left behind, with the way to remove it. */
export interface Leftover {
  /** `mount`, `group`, `directory` … */
  kind: string
  /** A path, a process or a name. */
  what: string
  why: string
  /** Harmless if it is gone already. Without it, the leftover is only reported. */
  remove?: () => void | Promise<void>
}

/** What `reset` was asked to do. */
export interface ResetOptions {
  runtime: Runtime
  /** The data root. */
  root: string
  /** End healthy containers too. */
  force: boolean
  /** Remove groups and processes too that no container of this root is known to have. */
  all: boolean
  /** Remove the images too. */
  images: boolean
}

/** What a search works on. */
export interface ResetScope extends ResetOptions {
  /** Ids of the containers that end when the leftovers found so far are removed. */
  ending: Set<string>
}

/** A search must find nothing that is in use, and may be repeated. */
export type LeftoverSearch = (scope: ResetScope) => Leftover[] | Promise<Leftover[]>

/** A line of `x-ray`: the same fact on the host and in the container. */
export interface XRayRow {
  /** The heading under which it stands, with others; by default it is among the first facts. */
  part?: string
  name: string
  host: string
  container: string
}
