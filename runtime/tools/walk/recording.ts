/** A walk as a file: the plan, the result of each call, and the state after it. */
import { release } from 'node:os'
import type { Chapter } from '../../chapter.ts'
import type { RunResult } from '../../container/run.ts'
import { lineOf, type Step } from '../../step.ts'
import { nameOf, strace } from '../../strace.ts'
import type { Difference } from './changes.ts'
import type { Observation } from './observe.ts'
import type { Frame, Walk } from './walk.ts'

/** A step as JSON. */
export interface PlannedLine {
  /** Its number in the list, from 1; 0 if it was inserted (`--without`). */
  step: number
  chapter: number
  name: string
  strace: string
  why: string
  ignoring?: string
}

/** A call that was made, with the state after it; none if the command ran already. */
export interface RecordedFrame {
  /** The index in the plan. */
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

/** The steps of `plan` as JSON. */
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

/** A frame as JSON. */
export function recordedFrame({ index, report, changes, state }: Frame): RecordedFrame {
  return {
    index,
    changes,
    ...(report ? { result: report.result, nanoseconds: report.nanoseconds } : {}),
    ...(report?.errno ? { errno: report.errno } : {}),
    ...(state ? { state } : {}),
  }
}

/** What a recording has beside its plan and frames. */
export interface Recorded {
  chapter: Pick<Chapter, 'number' | 'slug'>
  argv: string[]
  result: RunResult | undefined
}

/** The recording of a walk. */
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

/** Read a recording. Throws if it is not one, or of another version. */
export function parseRecording(text: string): Recording {
  const found = parsed(text) as Partial<Recording> | null
  if (typeof found !== 'object' || found?.stepbox !== 'recording')
    throw new Error('this file is not a recording of stepbox')
  if (found.version !== 1)
    throw new Error(`this recording is of version ${String(found.version)}; this program reads 1`)
  if (!Array.isArray(found.plan) || !Array.isArray(found.frames) || !found.start || !found.chapter)
    throw new Error('this recording is incomplete')
  return found as Recording
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('this file is not a recording of stepbox', { cause })
  }
}
