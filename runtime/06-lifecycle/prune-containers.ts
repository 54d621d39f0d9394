/** `container prune`: remove the containers that do not run. */
import { stackIn } from '../04-overlay/stack.ts'
import { contentSize } from '../05-commit/store/sizes.ts'
import type { Answer, Input } from '../command-line.ts'
import { happen } from '../container/announce.ts'
import { everyContainer } from '../container/find.ts'
import { remove } from '../container/remove.ts'
import { containerDir } from '../container/state.ts'
import { tidy } from '../container/tidy.ts'
import { unlessMissing } from '../files.ts'
import { passing, removableFilters } from '../filters.ts'
import { Missing } from '../missing.ts'
import type { Container } from '../options.ts'
import { decimalSize } from '../units.ts'
import { isLive, withContainer } from './states.ts'

/** Docker's warning, its question, and how much was removed. */
export async function pruneCommand(input: Input): Promise<Answer> {
  const { runtime, switches, values, print, failed, isAgreed } = input
  const { root } = runtime
  const passes = passing(values.get('filter') ?? [], filters)
  await tidy(runtime)
  const warning = 'WARNING! This will remove all stopped containers.'
  if (!switches.has('force') && !(await isAgreed(warning))) return { lines: [] }
  let code = 0
  let bytes = 0
  let count = 0
  const { containers } = everyContainer(root)
  for (const { id } of containers.filter((each) => !isLive(each) && passes(each)))
    try {
      const freed = await withContainer(runtime, id, async (container) => {
        if (isLive(container)) return undefined
        const size = writtenBytes(root, container)
        return (await remove(runtime, container)) ? size : undefined
      })
      if (freed === undefined) continue
      bytes += freed
      if (count++ === 0) print('Deleted Containers:')
      print(id)
    } catch (error) {
      if (error instanceof Missing) continue // ignoring: another command has removed it
      await failed(error)
      code = 1
    }
  happen(runtime, { action: 'prune', attributes: { reclaimed: String(bytes) } })
  const total = `Total reclaimed space: ${decimalSize(bytes)}`
  return { lines: [...(count > 0 ? [''] : []), total], code }
}

const filters = removableFilters<Container>(({ config }) => config?.Labels)

function writtenBytes(root: string, { id }: Container): number {
  return unlessMissing(() => contentSize(stackIn(containerDir(root, id)).upper)) ?? 0
}
