/** What breaks without a line of a list, as data, and a pretend machine to break it on. */
import type { PlanOptions } from './options.ts'
import type { Call } from './calls.ts'
import { toolStep, type Step } from './step.ts'
import { strace } from './strace.ts'

/** What happens without one line of a chapter's list. */
export interface Consequence {
  /** Which of the chapter's lists: one of its further `lists`, or that of `run`. */
  list?: string
  /** The line or lines, by what `strace` prints of them; each is left out in turn. */
  drop: RegExp
  /** If several lines match: which of them, counted from 0. */
  nth?: number
  /** Leave out only this flag of the line. */
  flag?: string
  /** One clause in the present tense that completes "without it, …". */
  consequence: string
  see: Sight
  /** The options with which the line is in the list, made from ordinary ones. */
  options?: (ordinary: PlanOptions) => Partial<PlanOptions>
  /** Calls that the pretend machine makes first, such as opening a file. */
  before?: Call[]
  /** The same for the pretend machine of the container that the list joins. */
  beforeRoom?: Call[]
  /** The line has an effect only if this path exists, which depends on the kernel's build. */
  where?: string
  /** Commands of the host that `see.outside` runs. */
  needs?: string[]
}

/**
 * An experiment that shows a consequence. `inside` is the container's command, a script for sh.
 * `outside`, if present, runs on the host after the command has printed `ready`, with these
 * variables:
 *
 *     $machine   pid of the native program, which lives on the pretend machine
 *     $first     pid of the container's first process, as the host sees it
 *     $newcomer  pid of a process that has joined it
 *     $group     name of its control group
 *     $root      path of its root file system
 *
 * Then the command gets a line to read. The output of both is compared with `kept` or `broken`; if
 * a step failed, the output is `call = errno`.
 */
export interface Sight {
  inside: string
  outside?: string
  /** `outside` runs when all calls but that of the command are made, and not after `ready`. */
  isEarly?: boolean
  /**
   * If the list is of a process that joins a container: the script of that container's first
   * process. It prints `ready`; then there is the newcomer, whose script is `inside`; when that has
   * ended, it gets a line to read. By default it does nothing else. What it prints after `ready`
   * comes last in the output.
   */
  room?: string
  /** The whole output with the line, as a regular expression. */
  kept: string
  /** The whole output without it. */
  broken: string
}

/**
 * Steps that put the native program on a pretend machine, where mounts are shared as on a machine
 * with systemd. Nothing that follows reaches the real machine, and all of it ends with the program.
 * The mounts are made private first: copies of shared mounts would be peers of the originals.
 */
export function pretendMachine(before: Call[] = []): Step[] {
  const own = ['CLONE_NEWNS', 'CLONE_NEWUTS', 'CLONE_NEWIPC', 'CLONE_NEWNET'] as const
  const calls: Call[] = [
    ['unshare', [...own]],
    ['mount', null, '/', null, ['MS_REC', 'MS_PRIVATE'], null],
    ['mount', null, '/', null, ['MS_REC', 'MS_SHARED'], null],
    ['sethostname', 'machine'],
    ...before,
  ]
  return calls.map((call) => toolStep(call, 'part of the pretend machine'))
}

/** The indexes in `plan` of the lines that `row` leaves out. */
export function placesOf(plan: Step[], row: { drop: RegExp; nth?: number }): number[] {
  const { drop, nth } = row
  const places = plan.flatMap(({ call }, at) => (drop.test(strace(call)) ? [at] : []))
  if (nth === undefined) return places
  const place = places[nth]
  return place === undefined ? [] : [place]
}

/** `plan` without the line at index `place`, or without one flag of that line. */
export function without(plan: Step[], place: number, flag?: string): Step[] {
  const line = plan[place]
  if (!flag || !line) return plan.filter((_, at) => at !== place)
  const call = line.call.map((value) =>
    Array.isArray(value) ? value.filter((each) => each !== flag) : value,
  ) as Call
  return plan.with(place, { ...line, call })
}

/** A wrong belief about the list, and what happens when it is tried. */
export interface Misconception {
  /** The word to type: `break chroot`. */
  name: string
  /** The belief, as a sentence. */
  belief: string
  /** The list as the belief would have it. */
  alter: (plan: Step[], options: PlanOptions) => Step[]
  /** Which of the chapter's lists, as of a consequence. */
  list?: string
  consequence: string
  see: Sight
  options?: (ordinary: PlanOptions) => Partial<PlanOptions>
  before?: Call[]
}
