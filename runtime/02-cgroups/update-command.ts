/** `update`: limits of containers, changed while they run, or for their next start. */
import { UsageError, type Input } from '../command-line.ts'
import { findContainer } from '../container/find.ts'
import { tidy } from '../container/tidy.ts'
import { limitsFrom } from './flags.ts'
import type { Limits } from './limits.ts'
import { updateContainer } from './update.ts'

/** Echoes the name of each container that was changed; one that is refused does not stop others. */
export async function update(input: Input): Promise<number> {
  const { runtime, words, values, print, warn } = input
  if (values.size === 0)
    throw new UsageError('nothing to change: give one or more limits, as --memory 64m')
  const changes: Limits = { ...limitsFrom(input), ...unlimited(values) }
  await tidy(runtime)
  let code = 0
  for (const word of words)
    try {
      await updateContainer(runtime, findContainer(runtime.root, word), changes)
      print(word)
    } catch (error) {
      warn(`cannot update '${word}': ${(error as Error).message}`)
      code = 1
    }
  return code
}

/** For these flags no limit is a change: of the others Docker takes 0 for one that is not given. */
export function unlimited(values: Map<string, string[]>): Limits {
  const last = (flag: string) => values.get(flag)?.at(-1) ?? ''
  return {
    ...(['0', '-1'].includes(last('pids-limit')) ? { pidsMax: -1 } : {}),
    ...(last('cpu-quota') === '-1' ? { cpuQuotaUs: -1 } : {}),
  }
}
