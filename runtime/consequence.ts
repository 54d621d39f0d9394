/** Chapter 1. Leave a line out: what breaks, as data, and a pretend machine to break it on. */
import type { PlanOptions } from './options.ts'
import type { Call } from './calls.ts'
import { toolStep, type Step } from './step.ts'
import { strace } from './strace.ts'

/** What happens without one line of a chapter's list. */
export interface Consequence {
  /** The line or lines, by what `strace` prints of them; each is left out in turn. */
  drop: RegExp
  /** Where several lines read the same: which, counted from 0. */
  nth?: number
  /** Leave out no more than this flag of the line. */
  flag?: string
  /** One sentence in the present tense: without it, … */
  consequence: string
  see: Sight
  /** What the line needs to be in the list, from the chapter's ordinary options. */
  options?: (ordinary: PlanOptions) => Partial<PlanOptions>
  /** What the machine did before: a file left open, groups of its own. */
  before?: Call[]
  /** The line does something only where this path is there: kernels are built differently. */
  where?: string
  /** Commands of the machine that it takes to look. */
  needs?: string[]
}

/**
 * What shows it. `inside` is the container's command, a script for sh. `outside`, if there is one,
 * runs on the host once the command has said `ready`; `$machine` is the id of the native program,
 * whose view is the pretend machine's, `$first` that of the container's first process, `$group` the
 * name of its group, `$root` the path of its root file system. Then the command is given a line to
 * read. What both print is compared, or, when a step failed, `call = errno`.
 */
export interface Sight {
  inside: string
  outside?: string
  /** All that is printed with the line, as a regular expression … */
  kept: string
  /** … and without it. */
  broken: string
}

/**
 * The calls that make the native program itself part of a machine of its own, where mounts are
 * shared as systemd has them. Nothing that follows reaches the real one, and all of it goes when
 * the program ends. First private, then shared: the copies of shared mounts would be peers of the
 * originals.
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

/** The places in `plan` of the lines that a row leaves out. */
export function placesOf(plan: Step[], row: { drop: RegExp; nth?: number }): number[] {
  const { drop, nth } = row
  const places = plan.flatMap(({ call }, at) => (drop.test(strace(call)) ? [at] : []))
  if (nth === undefined) return places
  const place = places[nth]
  return place === undefined ? [] : [place]
}

/** `plan` without the line at `place`, or without one flag of it. */
export function without(plan: Step[], place: number, flag?: string): Step[] {
  const line = plan[place]
  if (!flag || !line) return plan.filter((_, at) => at !== place)
  const call = line.call.map((value) =>
    Array.isArray(value) ? value.filter((each) => each !== flag) : value,
  ) as Call
  return plan.with(place, { ...line, call })
}

/** What people believe would do as well, and what happens when it is tried. */
export interface Misconception {
  /** A word to call it by. */
  name: string
  /** What is believed, as a sentence. */
  belief: string
  /** The list as it is believed to be good. */
  alter: (plan: Step[], options: PlanOptions) => Step[]
  consequence: string
  see: Sight
  options?: (ordinary: PlanOptions) => Partial<PlanOptions>
  before?: Call[]
}
