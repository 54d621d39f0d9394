/** What a container that lives on has in its directory, and outside of it. */
import { join } from 'node:path'
import type { Setting } from '../chapter.ts'
import { checkout } from '../checkout.ts'
import type { PlanOptions } from '../options.ts'
import { eventsPath } from './events.ts'
import { logOf } from './log-options.ts'

/** The fields of its plan options; the files are made when the plan is carried out. */
export function prepareLife({
  container,
  root,
  dir,
}: Pick<Setting, 'container' | 'root' | 'dir'>): Partial<PlanOptions> {
  const { id, detach, restart = { name: 'no' }, groups = [], hasInit } = container
  const { stdinOnce: closesInput = false, isAwaited = false } = container
  const listening = { directory: dir, closesInput, isAwaited }
  const log = logOf(container, logPath(dir, id))
  const monitor = {
    directory: dir,
    mark: join(root, 'running', id),
    lock: eventsPath(root),
    restart,
    groups,
    settler: ownCommand(root, 'settle'),
    isAttended: !detach,
  }
  return {
    ...{ monitor, listening },
    ...(log ? { log } : {}),
    ...(hasInit ? { hasInit } : {}),
  }
}

/** A command of this program, for others to execute. */
export function ownCommand(root: string, ...words: string[]): string[] {
  return [process.execPath, join(checkout, 'dist/stepbox.cjs'), '--root', root, ...words]
}

/** Where the log of a container is. */
export function logPath(dir: string, id: string): string {
  return join(dir, `${id}-json.log`)
}
