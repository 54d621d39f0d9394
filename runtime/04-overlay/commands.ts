/** `diff`, the command: what a container added, changed and deleted. */
import type { Answer, Input } from '../command-line.ts'
import { findContainer } from '../container/find.ts'
import { containerDir } from '../container/state.ts'
import { diff } from './diff.ts'
import { stackIn } from './stack.ts'

/** One line a change, compared with the image: A added, C changed, D deleted. */
export async function diffCommand(input: Input): Promise<Answer> {
  const { runtime, words, progress } = input
  const { root } = runtime
  const container = findContainer(root, words[0] ?? '')
  if (!container.image)
    throw new Error(`'${container.name}' has no write layer: chapter 4 brings it`)
  const stack = stackIn(containerDir(root, container.id))
  const changes = await diff(stack, (count) => progress(`${count} names compared`))
  progress('')
  return { json: changes, lines: changes.map(({ kind, path }) => `${kind} ${path}`) }
}
