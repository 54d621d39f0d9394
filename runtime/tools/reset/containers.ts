/** Leftovers of containers: those whose monitor is gone or, if asked for, all that run. */
import { end } from '../../container/end.ts'
import { runningContainers } from '../../container/find.ts'
import { settleLost } from '../../container/settle.ts'
import type { Leftover, ResetScope } from '../../chapter-tools.ts'
import { shortId } from '../../options.ts'
import { isAlive, isHidden } from '../../process.ts'

/** Running containers whose monitor is gone; with `force`, healthy ones too. */
export function containerLeftovers(scope: ResetScope): Leftover[] {
  const { runtime, root, force, ending } = scope
  return runningContainers(root).flatMap((container): Leftover[] => {
    const isLost = !isAlive(container.monitor)
    if (!isLost && !force) return []
    ending.add(container.id)
    const isOutOfReach = isLost || isHidden(container.monitor)
    const why = isLost
      ? 'it was running, and the process that waited for it is gone'
      : 'it is running, and you said --force'
    const remove = () => (isOutOfReach ? settleLost(runtime, container) : end(runtime, container))
    const what = `${shortId(container.id)} (${container.name})`
    return [{ kind: 'container', what, why, remove }]
  })
}
