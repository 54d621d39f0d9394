/** The flags of `run` and `create` that chapter 6 brings, and what they ask for. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ImageSettings } from '../chapter.ts'
import { UsageError, valueOf, type Flag, type Typed } from '../command-line.ts'
import type { ContainerOptions } from '../options.ts'
import { annotationsFrom, labelsFrom } from './labels.ts'
import { loggingIn } from './log-options.ts'
import type { RestartPolicy } from './monitor.ts'
import { signalNumber } from './signals.ts'

declare module '../options.ts' {
  interface ContainerOptions {
    /** What `stop` sends; SIGTERM without it. */
    stopSignal?: string
    /** Seconds that `stop` waits before it kills; 10 without it. */
    stopTimeout?: number
    /** Words for programs that read OCI's configuration. */
    annotations?: Record<string, string>
    /** With `false`, the command line passes no signals on. */
    sigProxy?: boolean
    /** The file that its id was written to, absolute. */
    cidFile?: string
  }
}

declare module '../chapter.ts' {
  interface ImageSettings {
    Labels?: Record<string, string> | null
    StopSignal?: string | null
  }
}

export const lifeFlags: Flag[] = [
  { long: 'detach', short: 'd', text: 'let it live on; print its id' },
  { long: 'attach', short: 'a', value: 'STREAM', many: true, text: 'only stdin, stdout or stderr' },
  { long: 'init', text: 'a process 1 that reaps, and passes signals on' },
  { long: 'restart', value: 'POLICY', text: 'no, on-failure[:N], always or unless-stopped' },
  { long: 'stop-signal', value: 'SIGNAL', text: 'what stop sends it, in place of SIGTERM' },
  { long: 'stop-timeout', value: 'SECONDS', text: 'how long stop waits before it kills' },
  { long: 'log-driver', value: 'DRIVER', text: 'json-file, local or none' },
  { long: 'log-opt', value: 'K=V', many: true, text: 'max-size=10m, max-file=3, labels=…, env=…' },
  { long: 'label', short: 'l', value: 'K[=V]', many: true, text: 'a word about it, for filters' },
  { long: 'label-file', value: 'FILE', many: true, text: 'those in a file, one a line' },
  { long: 'annotation', value: 'K=V', many: true, text: 'a word for programs that read OCI' },
  { long: 'cidfile', value: 'FILE', text: 'write its id to a new file' },
  { long: 'sig-proxy', isOn: true, text: 'pass signals on to it; or end by them' },
]

export function askedLife(typed: Typed, image: ImageSettings): Partial<ContainerOptions> {
  const { switches } = typed
  const restart = restartIn(valueOf(typed, 'restart'))
  const stopSignal = valueOf(typed, 'stop-signal')
  const stopTimeout = secondsIn('stop-timeout', valueOf(typed, 'stop-timeout'))
  const log = loggingIn(typed)
  const annotations = annotationsFrom(typed)
  const cidFile = valueOf(typed, 'cidfile') || undefined
  const isGiver = switches.has('interactive') && !switches.has('detach')
  if (stopSignal !== undefined) signalNumber(stopSignal)
  if (cidFile !== undefined) checkNew(cidFile)
  if (restart && restart.name !== 'no' && switches.has('rm'))
    throw new UsageError('--restart starts it again, and --rm removes it: choose one of them')
  return {
    ...(switches.has('detach') ? { detach: true } : {}),
    ...(switches.has('init') ? { hasInit: true } : {}),
    ...(isGiver ? { stdinOnce: true } : {}),
    ...(restart ? { restart } : {}),
    ...(stopSignal === undefined ? {} : { stopSignal }),
    ...(stopTimeout === undefined ? {} : { stopTimeout }),
    ...(log ? { logging: log } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...(switches.has('sig-proxy') ? {} : { sigProxy: false }),
    ...(cidFile === undefined ? {} : { cidFile: resolve(cidFile) }),
    config: configOf(typed, image, stopSignal),
  }
}

/** What `commit` writes into a new image, beside the settings of chapter 5. */
function configOf(
  typed: Typed,
  { Labels, StopSignal }: ImageSettings,
  stopSignal: string | undefined,
): Pick<ImageSettings, 'Labels' | 'StopSignal'> {
  const labels = { ...Labels, ...labelsFrom(typed) }
  const signal = stopSignal ?? StopSignal
  return {
    ...(Object.keys(labels).length > 0 ? { Labels: labels } : {}),
    ...(signal ? { StopSignal: signal } : {}),
  }
}

function checkNew(file: string): void {
  if (!existsSync(file)) return
  throw new Error(`the file for its id is there already: ${file}; it may be another container's`)
}

/** `on-failure:3` and the others. Undefined where nothing was asked for. */
export function restartIn(text: string | undefined): RestartPolicy | undefined {
  if (text === undefined || text === '') return undefined
  const parts = /^(no|on-failure|always|unless-stopped)(?::(\d{1,9}))?$/.exec(text)
  const [, name = '', count] = parts ?? []
  if (name === '' || (count !== undefined && name !== 'on-failure'))
    throw new Error(
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
