/** What a container that lives on has in its directory, and outside of it. */
import { join } from 'node:path'
import type { Setting } from '../chapter.ts'
import { runningMark } from '../container/state.ts'
import type { PlanOptions } from '../options.ts'
import type { Log, LogOptions } from './log.ts'

/** The bundle in dist/ is as deep in the tree as this file. */
const program = join(import.meta.dirname, '../../dist/stepbox.cjs')

/** The fields of its plan options; the files are made when the plan is carried out. */
export function prepareLife({ container, root, dir }: Setting): Partial<PlanOptions> {
  const { id, detach, restart = { name: 'no' }, groups = [], hasInit, logging } = container
  const log = logFor(logPath(dir, id), logging)
  const settler = [process.execPath, program, '--root', root, 'settle']
  const monitor = {
    directory: dir,
    mark: runningMark(root, id),
    lock: join(root, 'settling'),
    restart,
    groups,
    settler,
  }
  return {
    ...(detach ? { monitor } : {}),
    ...(log ? { log } : {}),
    ...(hasInit ? { hasInit } : {}),
  }
}

function logFor(path: string, asked: LogOptions = { driver: 'json-file' }): Log | undefined {
  if (asked.driver === 'none') return undefined
  return { path, maxBytes: asked.maxBytes ?? 0, files: asked.files ?? 1 }
}

/** Where the log of a container is. */
export function logPath(dir: string, id: string): string {
  return join(dir, `${id}-json.log`)
}
