/**
 * Health checks: a second list, which the container's monitor carries out again and again. It lets
 * a command in (exec.ts); whether that ends with 0 is what is known of the container's health.
 */
import type { ContainerConfig } from '../05-commit/store/oci.ts'
import type { PlanOptions } from '../options.ts'
import { stepOf, type Step } from '../step.ts'
import { checkCommand } from './health-settings.ts'

const step = stepOf(7)

/** What a monitor is told. */
export interface HealthCheck {
  /** The container's directory: the list is the file `probe` in it, the results are in `health`. */
  directory: string
  /** Milliseconds from the end of a check, or from the start, until the next check. */
  intervalMs: number
  /** Milliseconds that a check may take. */
  timeoutMs: number
  /** Milliseconds after a start in which failures do not count, until the first success. */
  startPeriodMs: number
  /** The interval in that period. */
  startIntervalMs: number
  /** Failures in a row that make it unhealthy. */
  retries: number
  /** The command, as events have it. */
  command: string
}

declare module '../options.ts' {
  interface PlanOptions {
    health?: HealthCheck
  }
}

/** Before the monitor stays behind: it is the one who checks. */
export function checkHealth({ monitor, health }: Pick<PlanOptions, 'monitor' | 'health'>): Step[] {
  if (!monitor || !health) return []
  const { directory, intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries } = health
  // In the order of native/health.c; the command is for events, so as JSON has it.
  const numbers = [intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries]
  const command = JSON.stringify(health.command).slice(1, -1)
  return [
    step(
      ['check_health', directory, numbers, command],
      'the monitor checks it, as often as this says, with the list in the file probe',
    ),
  ]
}

/** Docker's, in milliseconds, for what was not asked for. */
const usual = { interval: 30_000, timeout: 30_000, retries: 3 }

/** What the monitor of a container in `directory` is told, if its config asks for checks. */
export function healthCheckOf(
  config: ContainerConfig | undefined,
  directory: string,
): HealthCheck | undefined {
  const command = checkCommand(config)
  if (!command) return undefined
  const { Interval, Timeout, StartPeriod, StartInterval, Retries } = config?.Healthcheck ?? {}
  const intervalMs = milliseconds(Interval) || usual.interval
  return {
    directory,
    intervalMs,
    timeoutMs: milliseconds(Timeout) || usual.timeout,
    startPeriodMs: milliseconds(StartPeriod),
    startIntervalMs: milliseconds(StartInterval) || intervalMs,
    retries: Retries || usual.retries,
    command: command.join(' '),
  }
}

function milliseconds(nanoseconds = 0): number {
  return Math.ceil(nanoseconds / 1e6)
}
