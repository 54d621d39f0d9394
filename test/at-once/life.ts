/** Tests. The commands of a container's life, to be carried out beside others. */
import { commitContainer } from '../../runtime/05-commit/commit.ts'
import { pauseContainer, unpauseContainer } from '../../runtime/06-lifecycle/pause-container.ts'
import { pruneCommand } from '../../runtime/06-lifecycle/prune-containers.ts'
import { removeContainer } from '../../runtime/06-lifecycle/remove-container.ts'
import { renameContainer } from '../../runtime/06-lifecycle/rename-container.ts'
import { startContainer } from '../../runtime/06-lifecycle/start-container.ts'
import { killContainer, restartContainer } from '../../runtime/06-lifecycle/stop-container.ts'
import { stopContainer } from '../../runtime/06-lifecycle/stop-container.ts'
import { changeContainer } from '../../runtime/06-lifecycle/update-container.ts'
import type { Input } from '../../runtime/command-line.ts'
import type { Runtime } from '../../runtime/chapter.ts'
import { findContainer } from '../../runtime/container/find.ts'
import { asTyped, chapterOf, ownLabel, type Command, type Work } from './pairs.ts'

const quick = { seconds: 0 }
let names = 0

const works: Record<string, Work> = {
  start: (runtime, id) => startContainer(runtime, id, { chapter: chapterOf(runtime) }),
  stop: (runtime, id) => stopContainer(runtime, id, quick),
  restart: (runtime, id) => {
    const start = { chapter: chapterOf(runtime) }
    return restartContainer(runtime, id, { stop: quick, start })
  },
  kill: (runtime, id) => killContainer(runtime, id),
  pause: pauseContainer,
  unpause: unpauseContainer,
  rename: (runtime, id) => renameContainer(runtime, id, `other${++names}`),
  update: (runtime, id) =>
    changeContainer(runtime, id, { limits: { pidsMax: 50 }, restart: { name: 'always' } }),
  rm: (runtime, id) => removeContainer(runtime, id, {}),
  'rm -f': (runtime, id) => removeContainer(runtime, id, { isForced: true }),
  'container prune': (runtime, id) => pruneCommand(pruning(runtime, id)),
  commit: (runtime, id) => {
    const [name, created] = [`image${++names}`, new Date().toISOString()]
    return commitContainer(runtime.root, findContainer(runtime.root, id), { name, created })
  },
}

/** For one container alone. */
function pruning(runtime: Runtime, id: string): Input {
  const values = new Map([['filter', [`label=${ownLabel(findContainer(runtime.root, id))}`]]])
  return asTyped(runtime, { values, switches: new Set(['force']) })
}

/** What they give is no exit code. */
const codeless = (work: Work): Work => async (...on) => void (await work(...on))

export const commandsOfLife: Record<string, Command> = Object.fromEntries(
  Object.entries(works).map(([name, work]) => [name, { does: codeless(work) }]),
)
