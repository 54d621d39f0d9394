/** `rename`, the operation. */
import type { Runtime } from '../chapter.ts'
import { amendContainer } from '../container/amendments.ts'
import { announce } from '../container/announce.ts'
import { reserveName } from '../container/create.ts'
import { isName } from '../container/names.ts'
import { free } from '../container/reservations.ts'
import { containerDir } from '../container/state.ts'
import { makePlace } from '../data-root.ts'
import { withContainer } from './states.ts'

/**
 * Give a container another name, whatever it does. It has the old one or the new one at any moment,
 * also after a crash: the new one is reserved first, and the old one freed last. The one that it
 * does not have is on record meanwhile, to be freed if this process is killed.
 */
export async function renameContainer(runtime: Runtime, word: string, name: string): Promise<void> {
  if (word === '' || name === '') throw new Error('neither the old nor the new name can be empty')
  if (!isName(name))
    throw new Error(
      `invalid name '${name}': letters, digits, '_', '.', '-', a letter or digit first`,
    )
  await withContainer(runtime, word, async (container) => {
    const { root } = runtime
    const { id } = container
    if (container.name === name) throw new Error(`container '${name}' has that name already`)
    const amend = (changes: Parameters<typeof amendContainer>[2]) =>
      amendContainer(makePlace(root, 'tmp'), containerDir(root, id), changes)
    free(root, { id, name: container.spareName ?? '' })
    amend({ spareName: name })
    await reserveName(runtime, { id, name })
    amend({ name, spareName: container.name })
    free(root, { id, name: container.name })
    amend({ spareName: undefined })
    announce(runtime, { ...container, name }, { action: 'rename', oldName: `/${container.name}` })
  })
}
