/** `run` with a restart policy, in the foreground: a container that lives on, with a client. */
import { attachTo } from '../06-lifecycle/attach-container.ts'
import { begin, finish, type RunOptions, type RunResult } from '../container/run.ts'
import type { Input } from '../command-line.ts'
import type { Report } from '../native.ts'
import type { Step } from '../step.ts'
import { attach, detachedStreams } from './attach.ts'

/** What is told of the start. */
interface Watcher {
  failed: (plan: Step[], report: Report, pid: number) => Promise<void>
}

/**
 * Run until the command ends for the first time, whose exit code counts, as in Docker; the policy
 * may start it again then, with nobody attached.
 */
export async function runAttached(
  { runtime, switches }: Input,
  { sigProxy = true, ...options }: RunOptions,
  { failed }: Watcher,
): Promise<RunResult> {
  const hasInput = switches.has('interactive')
  const lives = { ...detachedStreams(hasInput), detach: true, isAwaited: true, sigProxy }
  const started = await begin(runtime, { ...options, ...lives })
  const { container } = started.setting
  const client = attachTo(runtime.root, container, {
    hasInput,
    milliseconds: 10_000,
    onLaunch: (launched, stdio) => attach(launched, { stdio, sigProxy }),
  })
  for await (const report of started.reports)
    if (report.failed) await failed(started.plan, report, started.pid)
  const { livesOn, ...result } = await finish(runtime, started)
  if (!livesOn) client.abandon()
  const { exitCode } = livesOn ? await client.outcome : result
  return { ...result, exitCode }
}
