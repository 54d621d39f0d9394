/** Step by step. A walk as a file: the list, what each call did, what the kernel showed then. */
import { release } from 'node:os'
import type { Chapter } from '../../chapter.ts'
import type { RunResult } from '../../container/run.ts'
import { lineOf, type Step } from '../../step.ts'
import { nameOf, strace } from '../../strace.ts'
import type { Difference } from './changes.ts'
import type { Observation } from './observe.ts'
import type { Frame, Walk } from './walk.ts'

/** One line of the list, without anything that cannot be told in JSON. */
export interface PlannedLine {
  /** Its number in the list, from 1; 0 for what was put before it (`--without`). */
  step: number
  chapter: number
  name: string
  strace: string
  why: string
  ignoring?: string
}

/**
 * One call that was made. The state is what was seen right after it; of the command itself there
 * is none.
 */
export interface RecordedFrame {
  /** The place in the list, from 0. */
  index: number
  result?: number
  errno?: string
  nanoseconds?: number
  changes: Difference[]
  state?: Observation
}

/**
 * The file: UTF-8 JSON. Readers refuse another `version`; fields may be added without a new one.
 */
export interface Recording {
  stepbox: 'recording'
  version: 1
  chapter: { number: number; slug: string }
  /** ISO 8601. */
  recorded: string
  kernel: string
  command: string[]
  plan: PlannedLine[]
  start: Observation
  frames: RecordedFrame[]
  exitCode?: number
}

export function plannedLines(plan: Step[]): PlannedLine[] {
  return plan.map(({ chapter, call, why, ignoring }, at) => ({
    step: lineOf(plan, at),
    chapter,
    name: nameOf(call),
    strace: strace(call),
    why,
    ...(ignoring ? { ignoring } : {}),
  }))
}

export function recordedFrame({ index, report, changes, state }: Frame): RecordedFrame {
  return {
    index,
    changes,
    ...(report ? { result: report.result, nanoseconds: report.nanoseconds } : {}),
    ...(report?.errno ? { errno: report.errno } : {}),
    ...(state ? { state } : {}),
  }
}

/** What a walk is a recording of, beside its frames. */
export interface Recorded {
  chapter: Pick<Chapter, 'number' | 'slug'>
  argv: string[]
  result: RunResult | undefined
}

export function recordingOf(
  { plan, start }: Pick<Walk, 'plan' | 'start'>,
  frames: Frame[],
  { chapter, argv, result }: Recorded,
): Recording {
  return {
    stepbox: 'recording',
    version: 1,
    chapter: { number: chapter.number, slug: chapter.slug },
    recorded: new Date().toISOString(),
    kernel: release(),
    command: argv,
    plan: plannedLines(plan),
    start,
    frames: frames.map(recordedFrame),
    ...(result ? { exitCode: result.exitCode } : {}),
  }
}

/** Read a recording. Throws in one line when it is none, or of another version. */
export function parseRecording(text: string): Recording {
  const found = parsed(text) as Partial<Recording> | null
  if (typeof found !== 'object' || found?.stepbox !== 'recording')
    throw new Error('this file is no recording of stepbox')
  if (found.version !== 1)
    throw new Error(`this recording is of version ${String(found.version)}; this program reads 1`)
  if (!Array.isArray(found.plan) || !Array.isArray(found.frames) || !found.start || !found.chapter)
    throw new Error('this recording is not whole')
  return found as Recording
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('this file is no recording of stepbox', { cause })
  }
}
