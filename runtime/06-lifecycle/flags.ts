/** The flags of `run` and `create` that chapter 6 brings, and what they ask for. */
import { UsageError, valueOf, type Flag, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import { signalNumber } from './signals.ts'
import type { LogOptions } from './log.ts'
import type { RestartPolicy } from './monitor.ts'

declare module '../options.ts' {
  interface ContainerOptions {
    /** What `stop` sends; SIGTERM without it. */
    stopSignal?: string
    /** Seconds that `stop` waits before it kills; 10 without it. */
    stopTimeout?: number
  }
}

export const lifeFlags: Flag[] = [
  { long: 'detach', short: 'd', text: 'let it live on; print its id' },
  { long: 'init', text: 'a process 1 that reaps, and passes signals on' },
  { long: 'restart', value: 'POLICY', text: 'no, on-failure[:N], always or unless-stopped' },
  { long: 'stop-signal', value: 'SIGNAL', text: 'what stop sends it, in place of SIGTERM' },
  { long: 'stop-timeout', value: 'SECONDS', text: 'how long stop waits before it kills' },
  { long: 'log-driver', value: 'DRIVER', text: 'json-file, local or none' },
  { long: 'log-opt', value: 'K=V', many: true, text: 'max-size, max-file' },
]

export function askedLife(typed: Typed): Partial<ContainerOptions> {
  const { switches } = typed
  const restart = restartIn(valueOf(typed, 'restart'))
  const stopSignal = valueOf(typed, 'stop-signal')
  const stopTimeout = secondsIn('stop-timeout', valueOf(typed, 'stop-timeout'))
  const log = logIn(typed)
  if (stopSignal !== undefined) signalNumber(stopSignal)
  if (restart && restart.name !== 'no' && switches.has('rm'))
    throw new UsageError('--restart starts it again, and --rm removes it: choose one of them')
  return {
    ...(switches.has('detach') ? { detach: true } : {}),
    ...(switches.has('init') ? { hasInit: true } : {}),
    ...(restart ? { restart } : {}),
    ...(stopSignal === undefined ? {} : { stopSignal }),
    ...(stopTimeout === undefined ? {} : { stopTimeout }),
    ...(log ? { logging: log } : {}),
  }
}

/** `on-failure:3` and the others. Undefined where nothing was asked for. */
export function restartIn(text: string | undefined): RestartPolicy | undefined {
  if (text === undefined || text === '') return undefined
  const [, name = '', count] = /^(no|on-failure|always|unless-stopped)(?::(\d{1,9}))?$/.exec(text) ?? []
  if (name === '' || (count !== undefined && name !== 'on-failure'))
    throw new UsageError(
      `invalid restart policy '${text}': no, on-failure[:N], always or unless-stopped`,
    )
  const policy: RestartPolicy = { name: name as RestartPolicy['name'] }
  return Number(count ?? 0) > 0 ? { ...policy, most: Number(count) } : policy
}

/** A whole number of seconds; -1 is any number of them. */
export function secondsIn(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^(?:-1|\d{1,9})$/.test(text)) return Number(text)
  throw new UsageError(`invalid value '${text}' for --${flag}: a whole number of seconds`)
}

function logIn(typed: Typed): LogOptions | undefined {
  const driver = valueOf(typed, 'log-driver')
  const given = typed.values.get('log-opt') ?? []
  if (driver === undefined && given.length === 0) return undefined
  if (!isDriver(driver ?? 'json-file'))
    throw new UsageError(`unknown log driver '${driver}': json-file, local or none`)
  const options: LogOptions = { driver: (driver ?? 'json-file') as LogOptions['driver'] }
  if (driver === 'local') Object.assign(options, { maxBytes: 20 * 2 ** 20, files: 5 })
  for (const text of given) Object.assign(options, logOption(text))
  if (options.files !== undefined && options.files > 1 && !options.maxBytes)
    throw new UsageError('--log-opt max-file needs max-size: without it there is one file')
  return options
}

function isDriver(name: string): name is LogOptions['driver'] {
  return ['json-file', 'local', 'none'].includes(name)
}

function logOption(text: string): Partial<LogOptions> {
  const [, key, value = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? []
  if (key === 'max-size') {
    const [, number, unit = ''] = /^(\d{1,12})([bkmg]?)b?$/i.exec(value) ?? []
    const power = ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase().replace('b', ''))
    if (number !== undefined) return { maxBytes: Number(number) * 1024 ** power }
  }
  if (key === 'max-file' && /^[1-9]\d{0,3}$/.test(value)) return { files: Number(value) }
  throw new UsageError(`invalid --log-opt '${text}': max-size=10m or max-file=3`)
}
