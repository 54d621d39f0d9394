/** `cp` as a list that is watched: all its calls are found first, and then made by one program. */
import { closeSync } from 'node:fs'
import { lockWriteLayer } from '../../06-lifecycle/write-layer.ts'
import { untilLast, type ListOptions, type StartedList } from '../../carried-list.ts'
import { furtherList, planOptions } from '../../chapter.ts'
import { UsageError, type Input } from '../../command-line.ts'
import { containerDir } from '../../container/state.ts'
import { NativeFailure } from '../../native-failure.ts'
import { launch } from '../../native.ts'
import type { Container } from '../../options.ts'
import type { Step } from '../../step.ts'
import { copyHeld, withSide, type CopyOptions } from './copy.ts'
import { holdRootOf } from './held-root.ts'

/** Most megabytes of files: they are in the list, which is in memory. */
const most = 64

type Wanted = Omit<CopyOptions, 'planned'>

/**
 * Copy, watched as the flags say. Gives the exit code: 125 if the walk was left before its end,
 * when a part of the files is there. Throws as `copy` does.
 */
export async function copyWatched(input: Input, options: Wanted): Promise<number> {
  const { from, to } = options
  if (from.kind === 'stream' || to.kind === 'stream')
    throw new UsageError("a copy is watched between files and directories; '-' is a stream")
  return withSide(input.runtime, options, async (container) => {
    const steps = await stepsOf(input, container, options)
    const { lock } = await lockWriteLayer(input.runtime.root, container)
    return () => carriedOut(input, { container, steps, lock, options })
  })
}

/** All steps of the copy, found by looking. */
async function stepsOf(input: Input, container: Container, options: Wanted): Promise<Step[]> {
  const copySteps: Step[] = []
  let bytes = 0
  const planned = (steps: Step[]) => {
    for (const { call } of steps) if (call[0] === 'pwrite') bytes += call[2].length
    if (bytes > most * 2 ** 20)
      throw new Error(`a copy is watched in memory: of at most ${most} MB`)
    copySteps.push(...steps)
  }
  const held = await holdRootOf(input.runtime, container, planned)
  try {
    await copyHeld({ ...options, onBytes: () => {}, held, container, planned })
  } finally {
    await held.program.end()
  }
  return copySteps
}

interface Carrying {
  container: Container
  steps: Step[]
  /** It holds the lock on the write layer. */
  lock: number | undefined
  options: Wanted
}

async function carriedOut(
  input: Input,
  { container, steps, lock, options }: Carrying,
): Promise<number> {
  const { rows, root } = input.runtime
  const open = options.to.kind === 'here' ? directoryOf(steps) : []
  const begin = async ({ alter, mode = 'run' }: ListOptions): Promise<StartedList> => {
    const made = await furtherList(rows, 'cp').plan({ ...planOptions(rows), copySteps: steps })
    const plan = alter?.(made, containerDir(root, container.id), open) ?? made
    const launched = launch(plan, { mode, stdio: [lock ?? 'ignore', 'ignore', 'inherit'] })
    if (mode !== 'step') launched.end() // no further plan follows
    const reports = mode === 'step' ? untilLast(launched, plan) : launched.reports
    const { pid, outcome } = launched
    const chapter = rows.at(-1)?.number ?? container.chapter
    return { plan, launched, pid, reports, groups: [], chapter, outcome }
  }
  const argv = ['cp', ...input.words]
  const list = { name: 'cp', argv, isDetached: true, whenLeft: 'kept', begin } as const
  try {
    const { outcome, why } = await input.carryOut(input, list)
    if (why) throw new Error(why.text)
    if (!outcome) return 125
    if (outcome.refused || outcome.lost) throw new NativeFailure(outcome.refused)
    return 0
  } finally {
    if (lock !== undefined) closeSync(lock)
  }
}

/** Where files are put here: the last directory that is opened by a path. */
function directoryOf(steps: Step[]): string[] {
  const last = steps.findLast(({ call }) => call[0] === 'open' && call[2].includes('O_DIRECTORY'))
  return last?.call[0] === 'open' ? [last.call[1]] : []
}
