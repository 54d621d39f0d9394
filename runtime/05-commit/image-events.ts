/** What happens to images, for those who follow it: Docker's words, in Docker's order. */
import type { Runtime } from '../chapter.ts'
import { happen } from '../container/announce.ts'
import type { Removal } from './store/remove-image.ts'
import { resolve } from './store/store.ts'

/** An image has a name now; as it was typed, or as the store has it. */
export function announceTag(runtime: Runtime, id: string, name: string): void {
  happen(runtime, { action: 'tag', image: { id, name }, attributes: {} })
}

/** Anything else: its own id is the name then. */
export function announceImage(runtime: Runtime, id: string, action: string): void {
  happen(runtime, { action, image: { id, name: id }, attributes: {} })
}

/** Remove an image as `work` does, and say so. */
export async function announceRemoval(
  runtime: Runtime,
  word: string,
  work: () => Promise<Removal[]>,
): Promise<Removal[]> {
  const id = idOf(runtime, word)
  const removals = await work()
  if (id === undefined) return removals
  for (const each of removals) if ('untagged' in each) announceImage(runtime, id, 'untag')
  if (removals.some((each) => 'deleted' in each)) announceImage(runtime, id, 'delete')
  return removals
}

function idOf({ root }: Runtime, word: string): string | undefined {
  try {
    return resolve(root, word).id
  } catch {
    return undefined // ignoring: damaged, and perhaps it can be removed all the same
  }
}
