/**
 * What a chapter adds to the lab: which functions are left to the learner, the exercises, and the
 * checks that judge what the kernel did. Checks see a container only from outside, so they apply to
 * a list and to any program that understands `run`.
 */
import type { CallRules } from './lab-rules.ts'
import type { Call, CallName } from './calls.ts'
import type { Mount } from './mountinfo.ts'
import type { PlanOptions } from './options.ts'
import type { Catalogue, Sentence } from './sentence.ts'
import type { Step } from './step.ts'

declare module './chapter.ts' {
  interface Chapter {
    lab?: () => Promise<ChapterLab>
  }
}

export interface ChapterLab {
  /** Functions that the starter has without their bodies, by file, as in `runtime/01-…/x.ts`. */
  blanks: Record<string, string[]>
  /** Declarations that only those functions use, and that would give the solution away. */
  dropped?: Record<string, string[]>
  /** Calls of the chapter that a learner's list may make: what is against one, in its place. */
  allows?: CallRules
  /**
   * By file, a file of declarations that the starter has in place of empty ones: something to
   * repair. The path is one of a known wrong solution.
   */
  given?: Record<string, string>
  exercises: Exercise[]
  checks: Check[]
  zh: Catalogue
}

/** A task. Its answer is the symbols of one file, or the blanks of the chapter. */
export interface Exercise {
  /** Short and stable: `planner`, `predict`. */
  id: string
  kind: 'write' | 'predict' | 'read' | 'repair' | 'open'
  title: Sentence
  /** What to do, for the terminal: a few lines. */
  task: Sentence
  /** Where the answer goes, as in `chapters/03-pivot-root/lab/exercises.ts`. */
  file: string
  symbols: string[]
  /** After what was observed: opened one at a time, none with the solution in it. */
  hints: Sentence[]
}

/** One claim about what the learner's program does. */
export interface Check {
  /** Unique in the chapter, and stable: `old-root-gone`. */
  id: string
  /** The id of an exercise. */
  exercise: string
  /** 0 if the starter passes it: a worked example. */
  points: number
  claim: Sentence
  /** Capabilities of the machine, by their names in `doctor`; without them it is blocked. */
  needs?: string[]
  /** It can be judged with any program: it asks for nothing but containers. */
  isBlackBox: boolean
  /** Gives what is wrong; undefined if the claim holds. */
  judge: (bench: Bench) => Promise<Finding | undefined>
}

/** Why a claim does not hold, for the learner. */
export interface Finding {
  /** What was done: `ran 'ls /' in a container`. */
  did: Sentence
  expected: Sentence
  /** What the kernel shows, from the host if possible. */
  saw: Sentence
  /** What that means: the likely mistake. */
  means: Sentence
  /** Where to look next, without the solution. */
  hint: Sentence
}

/** What a check works with. What it runs is ended, and removed, after the check. */
export interface Bench {
  /** A word that nobody could know before, different in each check. */
  word: string
  /** Run a container; resolves when it has said that it is ready, or has ended. */
  run: (wish: Wish) => Promise<Box>
  /** Call a function of the learner's with JSON, and give its result as JSON. */
  ask: (file: string, symbol: string, ...args: unknown[]) => Promise<unknown>
}

/** A container to be run. */
export interface Wish {
  /** As typed between `run` and the image: `['--memory', '32m']`. */
  flags?: string[]
  /** What the planner is given beside what the flags say. */
  options?: Partial<PlanOptions>
  /** What its `sh` does at first. */
  script: string
  /** What it does after `go`. Without it, the container ends when `script` does. */
  then?: string
  /** A function of the learner's that gives the list, if not the chapter's `plan`. */
  list?: { file: string; symbol: string }
  /** Unpacked layers on top of the image's, topmost first: directories of the host. */
  layers?: string[]
  /** An experiment, whatever the learner has written: the reference's list, changed like this. */
  experiment?: (list: Step[]) => Step[]
  /**
   * The list only up to this step, from 0, and then the command: to see, after a failure, what the
   * failed call found.
   */
  upTo?: number
  /** The directory of the machine in which the list begins, if not `/`. */
  from?: string
}

/** A container that was asked for. */
export interface Box {
  /** The call of the list that failed, in strace's notation, with its errno. */
  failure?: Failed
  /** What it has written so far, without the word that says that it is ready. */
  out: () => string
  err: () => string
  /** What the kernel shows of its shell, from the host. Undefined if it never got ready. */
  facts?: Facts
  /** What the host sees of its files, now. Undefined of a foreign program. */
  disk?: Disk
  /** Let it go on with `then`, and wait for its end. */
  go: () => Promise<Ended>
  /**
   * Kill the process that started it, or `parent`, as `kill -9` does; gives whether the container
   * lives on.
   */
  orphan: (parent?: number) => Promise<boolean>
  /** Leave it alone, as a caller that ends; gives whether it lives on. For lists only. */
  leave: () => Promise<boolean>
}

/** A call of the list that failed. */
export interface Failed {
  name: CallName
  /** In strace's notation. */
  call: string
  /** The call itself. */
  made: Call
  errno: string
  /** Which of the list's steps it is, from 0. */
  index: number
}

/** A container's directory, and its image: a copy that all containers of one check share. */
export interface Disk {
  /** The container's directory on the host, with its `upper`, until the check is over. */
  dir: string
  /** What `/layer` says in each layer of the image, topmost first. */
  words: string[]
  /** Names of the image that are not as they were, as `/etc/passwd`. */
  imageChanges: () => string[]
  /** What the write layer changes in the image, as `diff` says it. */
  changes: () => Promise<WrittenChange[]>
  /** All that is in the write layer. */
  upper: () => Promise<UpperFile[]>
  /** The names in a directory of the container's, and in those below: `upper`. */
  names: (dir: string) => string[]
  /** The text of a file in the container's directory: `upper/etc/passwd`. */
  read: (path: string) => string | undefined
}

export interface WrittenChange {
  kind: 'A' | 'C' | 'D'
  path: string
}

/** A name in a write layer. */
export interface UpperFile {
  /** As the container sees it: `/etc/passwd`. */
  path: string
  kind: 'file' | 'directory' | 'opaque directory' | 'whiteout' | 'other'
  /** As stat(1) says it: `character special file`. */
  type: string
  /** Of a device node, `1:3`; otherwise empty. */
  device: string
  isInImage: boolean
  /** Its own owner, mode or time is not that of the image. */
  isChanged: boolean
}

export interface Ended {
  /** As `run` would give it: 0–255, 125 if a step failed. */
  exitCode: number
  /** It had not ended after this time, and was ended. */
  lateSeconds?: number
  out: string
  err: string
}

/** Of the shell in the container, while it waits; `machine` is the process that started it. */
export interface Facts {
  /** By the host's number. */
  pid: number
  /** Its number in each pid namespace, from the host's to its own. */
  nspid: number[]
  /** `mnt`, `pid` …, as the link in /proc says: `mnt:[4026531841]`. */
  namespaces: Record<string, string>
  machine: {
    pid: number
    nspid: number[]
    namespaces: Record<string, string>
    mounts: Mount[]
    mountinfo: string
    hostname: string
    groups: Record<string, string>
    /** The text of a file as the machine sees it. */
    read: (path: string) => string | undefined
  }
  /** The pid namespace of its next child; empty if that is a new one, without a process so far. */
  pidForChildren: string
  /** What its descriptors lead to, by number: `/etc/passwd`, `pipe:[4711]`. */
  descriptors: Record<string, string>
  mounts: Mount[]
  /** The text that `mounts` is read from. */
  mountinfo: string
  /** The device of the file system that a path leads to; undefined if nothing is there. */
  deviceAt: (path: string) => string | undefined
  /** Its working directory, in its own mount namespace. */
  cwd: string
  /** The device of the file system that its root is on, as mountinfo has it: `0:35`. */
  rootDevice: string
  /**
   * The names at the end of a path that climbs out of its root, by `..` alone, from outside.
   * Undefined if the climb ends in the root where it began.
   */
  above: string[] | undefined
  /** Fields of /proc/PID/status. */
  status: Record<string, string>
  /** Its control groups: path by list of controllers, `''` for version 2. */
  groups: Record<string, string>
  /** The text of a file as the container sees it; undefined if it is not there. */
  read: (path: string) => string | undefined
  /** The text of a file of its control group in the tree that has it: `pids.max`. */
  readGroup: (...names: string[]) => string | undefined
}
