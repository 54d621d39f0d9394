/** Conducts an experiment: carry out a plan on a pretend machine, and look at the result. */
import type { Readable } from 'node:stream'
import { pretendMachine, type Sight } from '../../consequence.ts'
import { launch, type Outcome, type Report } from '../../native.ts'
import type { ProcessId } from '../../options.ts'
import { identify, signalTo } from '../../process.ts'
import type { Call } from '../../calls.ts'
import { toolStep, type Step } from '../../step.ts'

/** An experiment takes less than this even on a busy emulated machine. */
const patienceMs = 60_000

/** A plan, and the scripts that show what it does. */
export interface Experiment {
  /** Its command is the `inside` of `see`. */
  plan: Step[]
  see: Sight
  /** Calls that the pretend machine makes before the plan. */
  before?: Call[]
  /** Environment variables of the script outside, beside `machine` and `first`. */
  environment?: Record<string, string>
}

/** Returns what the scripts printed, or a failure as `call = errno`. */
export async function conduct(experiment: Experiment): Promise<string> {
  const list = [...pretendMachine(experiment.before), ...experiment.plan]
  const fork = list.findIndex(({ call }) => call[0] === 'fork')
  const launched = launch(list, { stdio: ['pipe', 'pipe', 'ignore'] })
  let first: ProcessId | undefined
  const forked = resultOf(fork, launched.reports).then((pid) => {
    if (pid !== undefined) first = identify(pid)
  })
  const { stdin, stdout } = launched.process
  stdin?.on('error', () => {}) // ignoring: the command need not read
  const inside = listenTo(stdout)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    if (first) signalTo(first, 'SIGKILL')
    launched.abandon()
    launched.process.kill('SIGKILL') // a monitor, which needs nobody
  }, patienceMs)
  const isReady = experiment.see.outside !== undefined && (await inside.until('ready'))
  // The command's output can arrive before the report of the fork.
  if (isReady && fork >= 0) await forked
  const ids = { machine: launched.pid, first: first?.pid ?? 0 }
  const seen = isReady ? await outside(experiment, ids) : ''
  stdin?.end('\n')
  const outcome = await launched.outcome
  if (outcome.livesOn) await inside.end // the monitor and the container have it open
  clearTimeout(timer)
  if (isLate) return `no result within ${patienceMs} ms`
  return failureOf(list, outcome) ?? tidied(seen + inside.text().replace(/^ready\r?\n/, ''))
}

/** The result of step `wanted`; undefined if the program ended without reporting it. */
async function resultOf(wanted: number, reports: AsyncIterable<Report>) {
  for await (const { index, result } of reports) if (index === wanted) return result
  return undefined
}

/** The output of the script outside, run by the host's sh. */
async function outside({ see, environment }: Experiment, ids: object): Promise<string> {
  const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  const env = Object.entries({ PATH, ...environment, ...ids }).map((each) => each.join('='))
  const argv = ['sh', '-c', see.outside ?? '']
  const why = 'look from the host'
  const plan = [toolStep(['fork'], why), toolStep(['execvpe', 'sh', argv, env], why)]
  const launched = launch(plan, { stdio: ['ignore', 'pipe', 'ignore'] })
  const said = listenTo(launched.process.stdout)
  await launched.outcome
  return said.text()
}

function listenTo(stream: Readable | null) {
  let text = ''
  stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return {
    text: () => text,
    /** Nobody can write to it any more. */
    end: new Promise<void>((resolve) => {
      if (stream) stream.once('close', () => resolve())
      else resolve()
    }),
    /** False if the stream ended without it. */
    until: (wanted: string) =>
      new Promise<boolean>((resolve) => {
        const look = () => text.includes(wanted) && resolve(true)
        stream?.on('data', look)
        stream?.on('close', () => resolve(false))
        look()
      }),
  }
}

function failureOf(list: Step[], { failure, refused }: Outcome): string | undefined {
  if (refused !== undefined) return `refused: ${refused}`
  return failure && `${list[failure.index]?.call[0]} = ${failure.errno}`
}

function tidied(text: string): string {
  return text.replaceAll('\r', '').trim()
}
