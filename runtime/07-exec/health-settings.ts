/** Health checks as they are asked for: by flags of `run` and `create`, and by an image. */
import { durationIn } from '../05-commit/healthcheck.ts'
import type { ContainerConfig } from '../05-commit/store/oci.ts'
import type { ImageSettings } from '../chapter.ts'
import { UsageError, valueOf, type Flag, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'

/** As an image's config has it. Times are in nanoseconds. */
export type Healthcheck = NonNullable<ContainerConfig['Healthcheck']>

declare module '../chapter.ts' {
  interface ImageSettings {
    Healthcheck?: Healthcheck
    /** What a line of CMD-SHELL is given to, as its last argument. */
    Shell?: string[] | null
  }
}

const times = {
  'health-interval': 'Interval',
  'health-timeout': 'Timeout',
  'health-start-period': 'StartPeriod',
  'health-start-interval': 'StartInterval',
} as const

export const healthFlags: Flag[] = [
  { long: 'health-cmd', value: 'LINE', text: 'a line for its shell; 0 says that it is healthy' },
  { long: 'health-interval', value: 'TIME', text: 'how long to wait between checks; 30s' },
  { long: 'health-timeout', value: 'TIME', text: 'how long a check may take; 30s' },
  { long: 'health-retries', value: 'N', text: 'failures in a row that make it unhealthy; 3' },
  { long: 'health-start-period', value: 'TIME', text: 'how long failures do not count at first' },
  { long: 'health-start-interval', value: 'TIME', text: 'the interval in that period' },
  { long: 'no-healthcheck', text: 'no checks, whatever the image says' },
]

/** The settings of a container: what was typed counts more than the image, field by field. */
export function askedHealth(typed: Typed, image: ImageSettings): Partial<ContainerOptions> {
  const { Healthcheck: imageCheck, Shell } = image
  const asked = checkIn(typed)
  if (!asked && !imageCheck) return {}
  const merged = { ...imageCheck, ...asked }
  return {
    config: {
      Healthcheck: merged as Healthcheck,
      ...(Shell && merged.Test?.[0] === 'CMD-SHELL' ? { Shell } : {}),
    },
  }
}

/** What the flags say; without any, undefined. A value of 0 is as good as none. */
function checkIn(typed: Typed): Partial<Healthcheck> | undefined {
  const line = valueOf(typed, 'health-cmd')
  const check: Partial<Healthcheck> = line ? { Test: ['CMD-SHELL', line] } : {}
  for (const [flag, field] of Object.entries(times)) {
    const value = timeIn(flag, valueOf(typed, flag))
    if (value > 0) check[field] = value
  }
  const retries = retriesIn(valueOf(typed, 'health-retries'))
  if (retries > 0) check.Retries = retries
  const isAsked = Object.keys(check).length > 0
  if (!typed.switches.has('no-healthcheck')) return isAsked ? check : undefined
  if (isAsked) throw new UsageError('--no-healthcheck and --health-… contradict each other')
  return { Test: ['NONE'] }
}

function timeIn(flag: string, text: string | undefined): number {
  if (text === undefined) return 0
  const nanoseconds = durationIn(text)
  if (nanoseconds === undefined)
    throw new UsageError(`invalid value '${text}' for --${flag}: a time, as 30s or 1m30s`)
  if (nanoseconds < 0) throw new UsageError(`--${flag} cannot be negative: '${text}'`)
  if (nanoseconds > 0 && nanoseconds < 1e6)
    throw new Error(`--${flag} cannot be less than 1ms: '${text}'`)
  return nanoseconds
}

function retriesIn(text: string | undefined): number {
  if (text === undefined || /^\d{1,9}$/.test(text)) return Number(text ?? 0)
  throw new UsageError(`invalid value '${text}' for --health-retries: a whole number from 0 on`)
}

/** The command that checks a container with this config; undefined if nothing does. */
export function checkCommand(config: ContainerConfig | undefined): string[] | undefined {
  const test: unknown = config?.Healthcheck?.Test // of a state file, which may be damaged
  const isSound = Array.isArray(test) && test.every((word) => typeof word === 'string')
  const [kind, ...words]: string[] = isSound ? test : []
  if (words.length === 0) return undefined
  if (kind === 'CMD') return words
  if (kind !== 'CMD-SHELL') return undefined
  return [...(config?.Shell ?? ['/bin/sh', '-c']), words[0] ?? '']
}
