/**
 * What a chapter adds to the tools that look at containers from outside: what happens without each
 * line, what `--step` and `x-ray` observe, what `doctor` tries, what `reset` finds.
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

export interface ChapterTools {
  /** What happens without each line that the chapter adds. */
  consequences?: Consequence[]
  misconceptions?: Misconception[]
  /** What else `--step` shows of the process that makes the calls. */
  observers?: Observer[]
  /** Why a call failed: the first answer that is not undefined is printed. */
  explain?: (call: Call, failure: FailedStep) => string | undefined
  capabilities?: Capability[]
  /** The capabilities without which the chapter's containers do not run, or not in full. */
  demands?: Demands
  leftovers?: LeftoverSearch[]
  /** Further rows of `x-ray`. */
  xray?: (container: Container) => { name: string; host: string; container: string }[]
}

/**
 * A look at process `pid`, by the host's number: values by name. What differs between two looks is
 * shown as a change of `topic`.
 */
export interface Observer {
  topic: string
  look: (pid: number) => Record<string, string>
}

/** A call failed. The process that made it is still as it was then. */
export interface FailedStep {
  plan: Step[]
  index: number
  errno: string
  /** By the host's number. */
  pid: number
}

/** One thing that a machine can do, or not. */
export interface Capability {
  name: string
  /** The heading under which `doctor` shows it. */
  topic: string
  /** Calls that are tried, and must succeed; they leave nothing behind. */
  tried: () => Step[]
  /** What is shown where they do, as `mount("overlay", …)`. */
  found: string
  /** What is said where they do not. */
  why: string
  remedy?: string
}

export interface Demands {
  /** Without these, neither this chapter nor any after it. */
  needs?: string[]
  /** Without these, not this chapter. */
  own?: string[]
  /** Without these, not all of this chapter. */
  wants?: string[]
}

/** What a crash left behind, with the way to remove it. */
export interface Leftover {
  /** `mount`, `group`, `directory` …: what kind of thing it is. */
  kind: string
  /** Which one: a path, a process, a name. */
  what: string
  why: string
  /** Harmless when it is gone already. Absent where it is only reported. */
  remove?: () => void | Promise<void>
}

export interface ResetOptions {
  runtime: Runtime
  /** The data root. */
  root: string
  /** End containers that run as they should, too. */
  force: boolean
  /** Remove groups that no container of this root is known to have, too. */
  all: boolean
  /** Remove the images, too. */
  images: boolean
}

export type LeftoverSearch = (options: ResetOptions) => Leftover[] | Promise<Leftover[]>
