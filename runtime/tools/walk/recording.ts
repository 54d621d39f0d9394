/** A walk as a file: the plan, the result of each call, and the state after it. */
import { release } from 'node:os'
import { shown } from '../../05-commit/store/digest.ts'
import type { Chapter } from '../../chapter.ts'
import type { Outcome } from '../../native.ts'
import { lineOf, type Step } from '../../step.ts'
import { nameOf, strace } from '../../strace.ts'
import type { Difference } from './changes.ts'
import { applyPatch, patchBetween } from './merge-patch.ts'
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
  result: Pick<Outcome, 'exitCode'> | undefined
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

/** Read a recording. Throws if it is none, of another version, or damaged. */
export function parseRecording(text: string): Recording {
  const found = parsed(text) as Partial<Recording> | null
  if (typeof found !== 'object' || found?.stepbox !== 'recording')
    throw new Error('this file is not a recording of stepbox')
  const version: unknown = found.version
  const said = typeof version === 'number' ? version : 'unknown'
  if (version !== 1) throw new Error(`this recording is of version ${said}; this program reads 1`)
  const whole = { ...found, frames: withStates(found) }
  checkShape(whole, recordingShape)
  return whole as Recording
}

/** A recording whose frames have, instead of the state, what changed in it. */
export interface CompactRecording extends Omit<Recording, 'frames'> {
  frames: (Omit<RecordedFrame, 'state'> & { patch?: unknown })[]
}

/** The same recording in a tenth of the bytes, for `parseRecording`. */
export function compact({ frames, ...rest }: Recording): CompactRecording {
  let before = rest.start
  const patched = frames.map(({ state, ...frame }) => {
    if (!state) return frame
    const patch = patchBetween(before, state)
    before = state
    return { ...frame, patch: patch ?? {} }
  })
  return { ...rest, frames: patched }
}

/** The frames with whole states: a `patch` is one of the state before it (RFC 7386). */
function withStates({ start, frames }: Partial<Recording>): unknown {
  if (!Array.isArray(frames)) return frames
  let state: unknown = start
  return (frames as Partial<CompactRecording['frames'][number]>[]).map((frame) => {
    if (frame?.patch === undefined) return frame
    const { patch, ...others } = frame
    state = applyPatch(state, patch)
    return { ...others, state }
  })
}

/** A value of the type that is wanted; `[each]`, `{ '*': each }`; `name?` may be missing. */
type Shape = string | number | boolean | Shape[] | { [name: string]: Shape }

const mapShape = { '*': '' }
const mountShape = { id: '', device: '', subtree: '', target: '', type: '', source: '' }
const stateShape = {
  ...{ pid: 0, pidInside: 0, command: '', hostname: '', loopbackUp: true, root: '', cwd: '' },
  ...{ uid: '', gid: '', uidMap: '', capabilities: '', umask: '', session: 0, terminal: true },
  mounts: [{ ...mountShape, options: '', propagation: '' }],
  membership: [''],
  namespaces: mapShape,
  descriptors: mapShape,
  groups: { '*': mapShape },
  'details?': { '*': mapShape },
  'more?': { '*': mapShape },
}
const recordingShape = {
  chapter: { number: 0, slug: '' },
  kernel: '',
  plan: [{ step: 0, name: '', strace: '', why: '', 'ignoring?': '' }],
  start: stateShape,
  frames: [
    {
      index: 0,
      changes: [{ topic: '', sign: '', text: '' }],
      'result?': 0,
      'errno?': '',
      'state?': stateShape,
    },
  ],
  'exitCode?': 0,
}

/** Throws if a field of `value` is not of its `shape`. Fields that have none are not looked at. */
function checkShape(value: unknown, shape: Shape, place = 'file'): void {
  const isOne = typeof value === typeof shape && Array.isArray(value) === Array.isArray(shape)
  if (!isOne || value === null) throw new Error(`this recording is damaged: ${place}`)
  if (typeof shape !== 'object') return
  const fields = value as Record<string, unknown>
  const each = Array.isArray(shape) ? shape[0] : shape['*']
  if (each !== undefined)
    for (const name in fields) checkShape(fields[name], each, `${place}.${shown(name)}`)
  else
    for (const [key, inner] of Object.entries(shape)) {
      const name = key.replace('?', '')
      if (name === key || fields[name] !== undefined)
        checkShape(fields[name], inner, `${place}.${name}`)
    }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('this file is not a recording of stepbox', { cause })
  }
}
