/** The list of a health check, which the container's monitor carries out. */
import { join } from 'node:path'
import { furtherList, type MadeList, type Setting } from '../chapter.ts'
import { makePlace } from '../data-root.ts'
import { writeAside } from '../durable.ts'
import { encode } from '../encode.ts'
import type { NamespaceFlag } from '../flag-names.ts'
import type { PlanOptions } from '../options.ts'
import type { Step } from '../step.ts'
import { healthCheckOf } from './health.ts'
import { keepResults } from './health-results.ts'
import { checkCommand } from './health-settings.ts'
import { membersOf } from './target.ts'

type Given = Pick<Setting, 'container' | 'dir'>

/** What the monitor is told; a container that starts again keeps what was found before. */
export function prepareHealth({ container, dir }: Given): Partial<PlanOptions> {
  const { status, life = 0 } = container
  if (status === 'created' && life > 0) keepResults(dir)
  return plannedHealth({ container, dir })
}

/** The same, for a list that is only printed. */
export function plannedHealth({ container, dir }: Given): Partial<PlanOptions> {
  const health = healthCheckOf(container.config, dir)
  return health ? { health } : {}
}

/**
 * Write the list of a check into the container's directory: that of `exec`, for the command that
 * checks it. It has the user, the variables and the working directory of the container's own
 * command, and no terminal. Nobody knows its first process yet: the monitor will.
 */
export async function writeProbe(
  { container, root, dir }: Setting,
  { plan, options, rows }: MadeList,
): Promise<void> {
  const argv = checkCommand(container.config)
  if (!options.health || !argv) return
  const { terminal: _, ...rest } = options
  const list = await furtherList(rows, 'exec').plan({
    ...rest,
    argv,
    streams: { hasInput: false, isJoined: true },
    target: {
      pid: 0,
      start: 0,
      namespaces: namespacesIn(plan),
      members: membersOf(container.groups ?? []),
    },
  })
  writeAside(makePlace(root, 'tmp'), join(dir, 'probe'), encode(list))
}

/** The namespaces that whoever carries out `plan` comes to be in. */
function namespacesIn(plan: Step[]): NamespaceFlag[] {
  return plan.flatMap(({ call }) => {
    if (call[0] === 'unshare') return call[1]
    return call[0] === 'setns' ? [call[2]] : []
  })
}
