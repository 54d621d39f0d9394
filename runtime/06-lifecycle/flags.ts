/** The flags of `run` and `create` that chapter 6 brings, and what they ask for. */
import { UsageError, valueOf, type Flag, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import { signalNumber } from './signals.ts'
import { loggingIn } from './log-options.ts'
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
  { long: 'log-opt', value: 'K=V', many: true, text: 'max-size=10m, max-file=3, labels=…, env=…' },
]

export function askedLife(typed: Typed): Partial<ContainerOptions> {
  const { switches } = typed
  const restart = restartIn(valueOf(typed, 'restart'))
  const stopSignal = valueOf(typed, 'stop-signal')
  const stopTimeout = secondsIn('stop-timeout', valueOf(typed, 'stop-timeout'))
  const log = loggingIn(typed)
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
