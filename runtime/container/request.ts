/** What `run`, `create` and `plan` were asked for: all chapters' flags, the image's settings. */
import { traitsOf, type ImageSettings } from '../chapter.ts'
import { UsageError, type Input } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import type { CreateOptions } from './create.ts'

/** The options that flags and `image` give. `command` are the words after IMAGE. */
export function request(input: Input, command: string[], image: ImageSettings): CreateOptions {
  const { runtime, chapter } = input
  const { rows } = runtime
  const typed = { ...input, words: command }
  const parts = rows.map(({ asked }) => asked?.(typed, image))
  const options = Object.assign({}, ...parts) as ContainerOptions
  const configs = parts.flatMap((part) => part?.config ?? [])
  if (configs.length > 0) options.config = Object.assign({}, ...configs)
  const networks = rows.flatMap((row) => row.networks ?? [])
  const has = traitsOf(rows)
  const { network = has.network } = options
  const { checkNetwork } = rows.findLast((row) => row.checkNetwork) ?? {}
  if (checkNetwork && !networks.includes(network)) checkNetwork(runtime.root, network)
  else if (!networks.includes(network))
    throw new UsageError(`no network '${network}'; have: ${networks.join(', ')}`)
  const rm = options.rm === true || !has.keeps
  return { ...options, network, rm, chapter: chapter.number }
}
