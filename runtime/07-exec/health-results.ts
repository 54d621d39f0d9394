/**
 * What the checks of a container have shown, in Docker's words. The monitor writes it into the file
 * `health`, in a form that native/results.c describes.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renameIfThere, tryRead, unlessMissing } from '../files.ts'
import { endOf, errnoNamed } from '../kernel-names.ts'
import type { Container } from '../options.ts'
import { checkCommand } from './health-settings.ts'

export type HealthWord = 'starting' | 'healthy' | 'unhealthy'

export interface Health {
  Status: HealthWord
  /** Failures in a row. */
  FailingStreak: number
  /** The last five checks, the oldest first. */
  Log: HealthResult[]
}

interface HealthResult {
  Start: string
  End: string
  /** -1 if it took too long, or could not be made. */
  ExitCode: number
  /** At most 4096 bytes, and three points if there was more. */
  Output: string
}

const mostResults = 5

/**
 * The health of the container in `dir`; undefined if nothing checks it, or it was never started. As
 * in Docker one is unhealthy that is not checked now: `isChecked` says whether it runs.
 */
export function healthOf(
  { config, status }: Container,
  dir: string,
  isChecked: boolean,
): Health | undefined {
  const command = checkCommand(config)
  if (!command || status === 'created') return undefined
  const { Timeout } = config?.Healthcheck ?? {}
  const words: Words = { command, timeout: Timeout || 30e9, steps: stepsIn(dir) }
  const now = readResults(join(dir, 'health'), words)
  const before = readResults(join(dir, before_), words)
  return {
    Status: isChecked ? (now?.Status ?? 'starting') : 'unhealthy',
    FailingStreak: now?.FailingStreak ?? 0,
    Log: [...(before?.Log ?? []), ...(now?.Log ?? [])].slice(-mostResults),
  }
}

const before_ = 'health.before'

/** Another life of the container in `dir` begins: what was found in the one before is kept. */
export function keepResults(dir: string): void {
  renameIfThere(join(dir, 'health'), join(dir, before_))
}

/** What a result is put into words with. */
interface Words {
  command: string[]
  /** Nanoseconds. */
  timeout: number
  /** The number of steps of the list of a check. */
  steps: number
}

function stepsIn(dir: string): number {
  const head = tryRead(join(dir, 'probe')) ?? ''
  return Number(/^stepbox 1 run (\d+) /.exec(head)?.[1] ?? 0)
}

/** A file that is read while it is written is read again. */
function readResults(path: string, words: Words): Health | undefined {
  for (let tries = 0; tries < 3; tries++) {
    const bytes = unlessMissing(() => readFileSync(path))
    const health = bytes && parsed(bytes, words)
    if (health || !bytes) return health
  }
  return undefined
}

/** Undefined for what is torn. */
function parsed(bytes: Buffer, words: Words): Health | undefined {
  let at = 0
  const line = () => {
    const end = bytes.indexOf('\n', at)
    const text = bytes.toString('latin1', at, end < 0 ? at : end)
    at = end < 0 ? bytes.length : end + 1
    return text.split(' ')
  }
  const [kind, count, status, streak] = line()
  if (kind !== 'health') return undefined
  const Log: HealthResult[] = []
  for (let [how = '', ...fields] = line(); ; [how = '', ...fields] = line()) {
    if (how === 'over')
      return fields[0] === count
        ? { Status: status as HealthWord, FailingStreak: Number(streak), Log }
        : undefined
    const length = Number(fields.pop() ?? NaN)
    if (!['exited', 'late', 'failed'].includes(how) || !(length <= bytes.length)) return undefined
    const text = bytes.toString('utf8', at, at + length)
    at += length + 1
    Log.push(resultOf([how, ...fields], text, words))
  }
}

function resultOf([how, start = '', end = '', ...rest]: string[], text: string, words: Words) {
  const isCut = rest.pop() === '1'
  const [first = 0, second = 0] = rest.map(Number)
  const times = { Start: timeOf(start), End: timeOf(end) }
  if (how === 'exited')
    return { ...times, ExitCode: endOf(first).exitCode, Output: isCut ? `${text}...` : text }
  if (how === 'late') {
    const Output = `Health check exceeded timeout (${goDuration(words.timeout)})`
    return { ...times, ExitCode: -1, Output }
  }
  return { ...times, ExitCode: -1, Output: failure(first, errnoNamed(second) ?? '', words) }
}

function failure(index: number, errno: string, { command: [name = ''], steps }: Words): string {
  if (index < 0) return `the check cannot be made: ${errno}`
  if (index < steps - 1) return `step ${index + 1} of ${steps} of the check failed: ${errno}`
  const why = errno === 'ENOENT' ? 'executable file not found in $PATH' : 'permission denied'
  const known = errno === 'ENOENT' || errno === 'EACCES'
  return `exec: ${JSON.stringify(name)}: ${known ? why : errno}`
}

/** `1764375600.123456789` as Go prints it. */
function timeOf(text: string): string {
  const [seconds, fraction = ''] = text.split('.')
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  const rest = fraction.replace(/0+$/, '')
  return `${date}${rest === '' ? '' : '.'}${rest}Z`
}

/** Nanoseconds as Go prints a duration: 1m30s, 400ms, 1.5s. */
function goDuration(nanoseconds: number): string {
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`
  const seconds = nanoseconds / 1e9
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = Number((seconds % 60).toFixed(9))
  const most = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : ''
  return `${most}${rest}s`
}

/** The values of `ps --filter health=…`. */
export const healthWords = ['starting', 'healthy', 'unhealthy', 'none']
