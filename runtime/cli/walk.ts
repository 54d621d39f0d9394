/** Command line. A start that is walked through: with somebody at the keys, for a file, or both. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Launch } from '../native.ts'
import type { RunOptions, RunResult } from '../container/run.ts'
import { recordingOf } from '../tools/walk/recording.ts'
import { beginWalk, type Frame } from '../tools/walk/walk.ts'
import { stepThrough } from './step.ts'

interface Watching {
  /** Called when the container gets what is typed, and gives what it says. */
  onLaunch: (launched: Launch) => void
  isStepped: boolean
  /** Where the recording goes. */
  file: string | undefined
}

/** Undefined when the walk was left before the command ran. */
export async function walkThrough(
  options: RunOptions,
  { onLaunch, isStepped, file }: Watching,
): Promise<RunResult | undefined> {
  const output = file === undefined ? undefined : opened(file)
  const walk = await beginWalk(options)
  const frames: Frame[] = []
  const keep = (frame: Frame) => void frames.push(frame)
  const attachLast = () => onLaunch(walk.launched)
  let result: RunResult | undefined
  if (isStepped) result = await stepThrough(walk, options, { onFrame: keep, onCommand: attachLast })
  else {
    attachLast()
    for (let frame = await walk.advance(); frame; frame = await walk.advance()) keep(frame)
    result = await walk.result
  }
  if (output === undefined) return result
  const text = `${JSON.stringify(recordingOf(options, walk, frames, result), null, 1)}\n`
  writeSync(output, text)
  closeSync(output)
  return result
}

/** Before anything is made: a walk that cannot be kept is not begun. */
function opened(file: string): number {
  try {
    return openSync(file, 'w')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new Error(`cannot write the recording to '${file}': ${code}`, { cause })
  }
}
