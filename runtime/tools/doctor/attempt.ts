/** Makes a few calls in a separate process, to see whether this machine permits them. */
import { launch } from '../../native.ts'
import type { Step } from '../../step.ts'
import { strace } from '../../strace.ts'
import type { Attempt } from './machine.ts'
import { othersClosed } from './tries.ts'

/** A try takes milliseconds; on a busy emulated machine, where all begin at once, many seconds. */
const patienceMs = 60_000

/**
 * Carry out `plan` and report its first failure. Nothing is tried in Node itself, so that what the
 * plan changes ends with its process. Never rejects.
 */
export async function attempt(plan: Step[]): Promise<Attempt> {
  const before = othersClosed()
  const list = [...before, ...plan]
  const launched = launch(list, { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  launched.process.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const hasFork = list.some(({ call }) => call[0] === 'fork')
  if (!hasFork) launched.end()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    launched.abandon()
    launched.process.kill('SIGKILL')
  }, patienceMs)
  const { failure, refused, exitCode } = await launched.outcome
  clearTimeout(timer)
  if (isLate) return { ok: false, said: `no answer within ${patienceMs} ms` }
  if (refused !== undefined) return { ok: false, said: refused }
  const call = failure && list[failure.index]?.call
  const at = (failure?.index ?? 0) - before.length
  if (call) return { ok: false, call: strace(call), errno: failure.errno ?? '', at }
  if (exitCode === 0) return { ok: true }
  return { ok: false, said: lastLine(errors) || `it ended with ${exitCode}` }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
