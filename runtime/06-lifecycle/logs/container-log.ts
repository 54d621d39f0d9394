/** The log of a container: of one that has ended, or of one that runs and is followed. */
import { watch } from 'node:fs'
import { containerDir, keptState, markedState } from '../../container/state.ts'
import type { Container } from '../../options.ts'
import { isAlive } from '../../process.ts'
import { logPath } from '../lifecycle.ts'
import { logOf } from '../log-options.ts'
import { readLog, type ReadOptions } from './read.ts'
import type { LogRecord } from './record.ts'

export interface LogsOptions extends ReadOptions {
  /** Go on as long as the container lives, also when it starts again. */
  isFollowed: boolean
  /** Called with what is missing in the log. */
  warn: (text: string) => void
}

/** The records of a container's log, some at a time. Throws if there is no log. */
export async function* containerLog(
  root: string,
  container: Container,
  { isFollowed, warn, ...options }: LogsOptions,
): AsyncGenerator<LogRecord[]> {
  const { id, name, chapter } = container
  const dir = containerDir(root, id)
  const log = logOf(container, logPath(dir, id))
  if (!log)
    throw new Error(
      `configured logging driver does not support reading: '${name}' has --log-driver none`,
    )
  if (chapter < firstWithLogs)
    throw new Error(`'${name}' has no log: it was made in chapter ${chapter}, without one`)
  const watched = isFollowed ? watchFor(dir) : undefined
  try {
    const following = watched && { ...watched, isOver: () => isOver(root, id), onGap }
    yield* readLog(log.path, options, following)
  } finally {
    watched?.stop()
  }
  const { unlogged } = markedState(root, id) ?? keptState(root, id) ?? container
  if (unlogged) warn(`the log of '${name}' is not complete: it could not be written, ${unlogged}`)

  /** Of a single file it cannot be told: the one before is gone, whether it was read or not. */
  function onGap() {
    if (log && log.files > 1)
      warn(`the log of '${name}' was rotated faster than it was read: records are missing`)
  }
}

const firstWithLogs = 6

/** Whether no process of the container can write any more, and none will be started. */
function isOver(root: string, id: string): boolean {
  const container = markedState(root, id)
  return !container || container.status === 'exited' || !isAlive(container.monitor)
}

/** How often it is looked without a notice: not everything that ends a container is a file. */
const lookEveryMs = 200

/** Notices of changes in a directory, by inotify(7); it may be that there are no more watches. */
export function watchFor(dir: string) {
  let isChanged = true
  let hear: (() => void) | undefined
  const notice = () => {
    isChanged = true
    hear?.()
  }
  const watcher = attempt()
  return {
    async change(): Promise<void> {
      if (!isChanged)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, lookEveryMs)
          hear = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      hear = undefined
      isChanged = false
    },
    stop: () => watcher?.close(),
  }

  function attempt() {
    try {
      return watch(dir, notice).on('error', () => {}) // ignoring, as below
    } catch {
      return undefined // ignoring: the directory is looked at often enough
    }
  }
}
