/** `run --step` and `--record`: a start that is stopped before every call, or recorded. */
import { closeSync, fchmodSync, fstatSync, openSync } from 'node:fs'
import type { WhenLeft } from '../carried-list.ts'
import type { Chapter, Runtime } from '../chapter.ts'
import type { RunOptions, RunResult } from '../container/run.ts'
import { writeAll } from '../durable.ts'
import type { Outcome } from '../native.ts'
import type { Report } from '../reports.ts'
import { explain, type Explanation } from '../tools/explain/explain.ts'
import { recordingOf } from '../tools/walk/recording.ts'
import { beginWalk, type Frame, type Walk } from '../tools/walk/walk.ts'
import { attach } from './attach.ts'
import { stepThrough } from './step.ts'

interface Watching {
  isStepped: boolean
  /** Where the recording goes. */
  file: string | undefined
}

/** How it went; without a result when the walk was left before the command ran. */
interface Walked<Result> {
  result: Result | undefined
  explanation: Explanation | undefined
}

export function walkThrough(
  runtime: Runtime,
  options: RunOptions,
  watching: Watching,
): Promise<Walked<RunResult>> {
  const onCommand = (walk: Walk) => attach(walk.launched, { ...options, kill: walk.kill })
  const begin = () => beginWalk(runtime, options)
  const { argv } = options
  return walkOn(runtime, { begin, argv, onCommand, whenLeft: 'undone' }, watching)
}

interface Walkable<Result> {
  begin: () => Promise<Walk<Result>>
  argv: string[]
  /** Called before the last call. */
  onCommand: (walk: Walk<Result>) => void
  whenLeft: WhenLeft
}

export async function walkOn<Result extends Outcome>(
  runtime: Runtime,
  { begin, argv, onCommand, whenLeft }: Walkable<Result>,
  { isStepped, file }: Watching,
): Promise<Walked<Result>> {
  // Open the file before anything is made: if that fails, nothing has happened.
  const output = file === undefined ? undefined : opened(file)
  const chapter = runtime.rows.at(-1) as Chapter
  const walk = await begin()
  const frames: Frame[] = []
  let explanation: Explanation | undefined
  const onFrame = async (frame: Frame) => {
    frames.push(frame)
    if (frame.report?.failed) explanation = await explained(walk, frame.report, runtime)
  }
  const hooks = { onFrame, onCommand: () => onCommand(walk), whenLeft }
  let result: Result | undefined
  if (isStepped) result = await stepThrough(walk, chapter, hooks)
  else {
    onCommand(walk)
    for (let frame = await walk.advance(); frame; frame = await walk.advance()) await onFrame(frame)
    result = await walk.finish()
  }
  if (output !== undefined) {
    const recording = recordingOf(walk, frames, { chapter, argv, result })
    write(output, `${JSON.stringify(recording, null, 1)}\n`, file)
  }
  return { result, explanation }
}

function explained(
  { plan, pid }: Pick<Walk, 'plan' | 'pid'>,
  report: Report,
  { rows }: Runtime,
): Promise<Explanation> {
  return explain(plan, report, { pid, rows })
}

/**
 * Open the file before anything is made: if that fails, nothing has happened. The environment of
 * the command is in it, with the secrets of `-e`: it is for nobody else to read.
 */
function opened(file: string): number {
  return onFile(file, () => {
    const fd = openSync(file, 'w', 0o600)
    if (fstatSync(fd).isFile()) fchmodSync(fd, 0o600)
    return fd
  })
}

function write(fd: number, text: string, file = ''): void {
  onFile(file, () => {
    writeAll(fd, Buffer.from(text))
    closeSync(fd)
  })
}

function onFile<T>(file: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new Error(`cannot write the recording to '${file}': ${code}`, { cause })
  }
}
