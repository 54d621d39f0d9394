/** The flags of `run` that chapter 3 brings, and what they ask for. */
import { parseSize } from '../02-cgroups/limits.ts'
import { given } from '../01-namespaces/flags.ts'
import { UsageError, valueOf, type Flag, type Typed } from '../command-line.ts'
import type { Container, ContainerOptions, PlanOptions } from '../options.ts'
import { parseSysctls } from './sysctls.ts'
import { parseUlimits } from './ulimits.ts'

export const rootFlags: Flag[] = [
  { long: 'tty', short: 't', text: 'give it a private terminal' },
  { long: 'entrypoint', value: 'PROGRAM', text: "in place of the image's; '' for none" },
  { long: 'shm-size', value: '64m', text: 'room for shared memory in /dev/shm' },
  { long: 'ulimit', value: 'NAME=N[:N]', many: true, text: 'a limit of each process, soft:hard' },
  { long: 'sysctl', value: 'NAME=V', many: true, text: 'a setting of its network or IPC' },
]

export function askedOfRoot(typed: Typed): Partial<ContainerOptions> {
  const shmBytes = shmSize(valueOf(typed, 'shm-size'))
  const ulimits = parseUlimits(typed.values.get('ulimit') ?? [])
  const shared = {
    network: given(typed, 'network') ?? given(typed, 'net'),
    ipc: given(typed, 'ipc'),
  }
  const sysctls = parseSysctls(typed.values.get('sysctl') ?? [], shared)
  return {
    ...(shmBytes === undefined ? {} : { shmBytes }),
    ...(ulimits.length > 0 ? { ulimits } : {}),
    ...(Object.keys(sysctls).length > 0 ? { sysctls } : {}),
  }
}

/** Docker takes 0 for its default. */
function shmSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const bytes = parseSize(text)
  if (bytes === undefined || !Number.isSafeInteger(bytes))
    throw new UsageError(`invalid --shm-size '${text}': a size, as 64m: a number and b, k, m or g`)
  return bytes || undefined
}

/** The part of a container's plan options that it was created with. */
export function preparedRoot(container: Container): Partial<PlanOptions> {
  const { rootfs = '/', terminal, streams, shmBytes, ulimits, sysctls } = container
  return {
    root: rootfs,
    ...(terminal ? { terminal } : {}),
    ...(streams ? { streams } : {}),
    ...(shmBytes ? { shmBytes } : {}),
    ...(ulimits ? { ulimits } : {}),
    ...(sysctls ? { sysctls } : {}),
  }
}
