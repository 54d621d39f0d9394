/** `wait`, the operation: until a container does not run any more. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import type { Runtime } from '../chapter.ts'
import { findContainer, stateOf } from '../container/find.ts'
import { journalPath } from '../container/journal.ts'
import { containerDir, keptState, markedState } from '../container/state.ts'
import { tidy } from '../container/tidy.ts'
import { readOpened, unlessMissing } from '../files.ts'
import { endOf } from '../kernel-names.ts'
import type { Container } from '../options.ts'
import { isAlive } from '../process.ts'
import { until } from './states.ts'

/** Of a container that was killed, and is gone with all that was on record. */
const killed = 137

/**
 * Wait until a container ends, or, with a policy that starts it again, until it ends next. Gives
 * its exit code, also if it is removed at its end: the journal is kept open, which has it. One that
 * does not run ended with its code on record; one that never ran, with 0.
 */
export async function waitForEnd(runtime: Runtime, word: string): Promise<number> {
  const { root } = runtime
  const { id, life } = findContainer(root, word)
  const marked = markedState(root, id)
  if (!marked) return codeOf(stateOf(root, id))
  const journal = openJournal(root, id)
  try {
    const before = exitsIn(journal).length
    let ended: number | undefined
    await until(async () => {
      ended = exitsIn(journal)[before]
      const now = ended === undefined ? markedState(root, id) : undefined
      if (!now || now.life !== life) return true
      if (!isAlive(now.monitor)) await tidy(runtime)
      return false
    }, Infinity)
    ended ??= exitsIn(journal)[before]
    const kept = ended === undefined ? keptState(root, id) : undefined
    return ended ?? (kept ? codeOf(kept) : (exitsIn(journal).at(-1) ?? killed))
  } finally {
    if (journal !== undefined) closeSync(journal)
  }
}

function codeOf(container: Container | undefined): number {
  return container?.exitCode ?? 0
}

const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants

/** The journal; made, if no monitor has one. Undefined if the container is gone by now. */
function openJournal(root: string, id: string): number | undefined {
  const path = journalPath(containerDir(root, id))
  return unlessMissing(() => openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600))
}

/** The exit codes in a journal. */
function exitsIn(journal: number | undefined): number[] {
  if (journal === undefined) return []
  const lines = readOpened(journal, fstatSync(journal).size).toString('latin1').split('\n')
  return lines.slice(0, -1).flatMap((line) => {
    const [, status] = /^exit \S+ (\d+)$/.exec(line) ?? []
    return status === undefined ? [] : [endOf(Number(status)).exitCode]
  })
}
