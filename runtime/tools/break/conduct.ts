/** Conducts an experiment: carry out a plan on a pretend machine, and look at the result. */
import type { Readable } from 'node:stream'
import { pretendMachine, type Sight } from '../../consequence.ts'
import { launch, type Launch, type Outcome } from '../../native.ts'
import type { Report } from '../../reports.ts'
import type { ProcessId } from '../../options.ts'
import { identify, signalTo } from '../../process.ts'
import type { Call } from '../../calls.ts'
import { toolStep, type Step } from '../../step.ts'

/** An experiment takes less than this even on a busy emulated machine. */
const patienceMs = 60_000

/** A plan, and the scripts that show what it does. */
export interface Experiment {
  /** Its command is the `inside` of `see`. Of one that joins `container`, made for that. */
  plan: Step[] | ((first: ProcessId) => Step[] | Promise<Step[]>)
  /** The list of a container that is there before; its command is the `room` of `see`. */
  container?: Step[]
  see: Sight
  /** Calls that the pretend machine makes before the plan. */
  before?: Call[]
  /** Environment variables of the script outside, beside `machine` and `first`. */
  environment?: Record<string, string>
}

/** Returns what the scripts printed, or a failure as `call = errno`. */
export async function conduct(experiment: Experiment): Promise<string> {
  const { plan, container } = experiment
  if (!container) return conductList(experiment, plan as Step[])
  const room = carriedOut([...pretendMachine(), ...container])
  const isReady = await room.said.until('ready')
  const first = isReady ? await room.first : undefined
  const list = first && (typeof plan === 'function' ? await plan(first) : plan)
  const seen = list && (await conductList(experiment, list, first))
  const outcome = await room.end()
  return failureOf(room.list, outcome) ?? tidied(`${seen}\n${withoutReady(room.said.text())}`)
}

/** The same for one list; `first` is the container's first process, if the list joins it. */
async function conductList(
  experiment: Experiment,
  plan: Step[],
  joined?: ProcessId,
): Promise<string> {
  const { outside: script, isEarly } = experiment.see
  let early = ''
  const look = async (newcomer = 0) => {
    const ids = { machine: started.launched.pid, first: joined?.pid ?? newcomer, newcomer }
    early = await outside(experiment, ids)
  }
  const all = [...pretendMachine(experiment.before), ...plan]
  if (!plan.some(({ call }) => call[0] === 'execvpe')) return conductCalls(experiment, all, joined)
  const started = carriedOut(all, isEarly ? look : undefined)
  const { list, said, launched } = started
  const isReady = script !== undefined && !isEarly && (await said.until('ready'))
  // The command's output can arrive before the report of the fork.
  const own = isReady ? await started.first : undefined
  const first = joined ?? own
  const ids = { machine: launched.pid, first: first?.pid ?? 0, newcomer: own?.pid ?? 0 }
  const seen = isReady ? await outside(experiment, ids) : ''
  const outcome = await started.end()
  return failureOf(list, outcome) ?? tidied(early + seen + withoutReady(said.text()))
}

/** The same for a list that becomes no command: the look is when all calls are made. */
async function conductCalls(
  experiment: Experiment,
  list: Step[],
  joined?: ProcessId,
): Promise<string> {
  const launched = launch(list, { mode: 'trace', stdio: ['ignore', 'ignore', 'ignore'] })
  const timer = setTimeout(() => launched.abandon(), patienceMs)
  const last = list.length - 1
  let seen = ''
  for await (const { index, failed } of launched.reports) {
    if (index !== last && !failed) continue
    const ids = { machine: launched.pid, first: joined?.pid ?? 0, newcomer: 0 }
    if (!failed) seen = await outside(experiment, ids)
    launched.end()
  }
  clearTimeout(timer)
  return failureOf(list, await launched.outcome) ?? tidied(seen)
}

/** A list that is being carried out. */
interface Started {
  list: Step[]
  launched: Launch
  said: ReturnType<typeof listenTo>
  /** The process that became the command; undefined if the list has no such process. */
  first: Promise<ProcessId | undefined>
  /** Give the command a line to read, and wait for its end. */
  end: () => Promise<Outcome>
}

/** `early` is called with the pid before the command is executed. */
function carriedOut(list: Step[], early?: (pid?: number) => Promise<void>): Started {
  const mode = early ? 'trace' : 'run'
  const launched = launch(list, { mode, stdio: ['pipe', 'pipe', 'ignore'] })
  let found: ProcessId | undefined
  const first = lastOf(list, launched.reports, early).then((pid) => {
    if (pid !== undefined) found = identify(pid)
    return found
  })
  const { stdin, stdout } = launched.process
  stdin?.on('error', () => {}) // ignoring: the command need not read
  const said = listenTo(stdout)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    if (found) signalTo(found, 'SIGKILL')
    launched.abandon()
    launched.process.kill('SIGKILL') // a monitor, which needs nobody
  }, patienceMs)
  const end = async () => {
    stdin?.end('\n')
    const outcome = await launched.outcome
    await (outcome.livesOn ? said.end : said.rest()) // a monitor and its container have it open
    clearTimeout(timer)
    return isLate ? { ...outcome, refused: `no result within ${patienceMs} ms` } : outcome
  }
  return { list, launched, said, first, end }
}

/** The calls after which another process goes on with the list. */
const births = ['fork', 'clone_parent']

/** The pid after the last of those in `list`; undefined if the program ended before. */
async function lastOf(
  list: Step[],
  reports: AsyncIterable<Report>,
  early?: (pid?: number) => Promise<void>,
) {
  const last = list.findLastIndex(({ call }) => births.includes(call[0]))
  let pid: number | undefined
  for await (const { index, result, failed } of reports) {
    if (index === last) pid = result
    if (index === last && !early) return pid
    if (!failed && list[index + 1]?.call[0] === 'execvpe') await early?.(pid)
  }
  return pid
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
  await said.rest()
  return said.text()
}

/** How long what was written before the end may take to arrive. */
const restMs = 1000

function listenTo(stream: Readable | null) {
  let text = ''
  stream?.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const end = new Promise<void>((resolve) => {
    if (stream) stream.once('close', () => resolve())
    else resolve()
  })
  return {
    text: () => text,
    /** Nobody can write to it any more. */
    end,
    /** The same, or a moment has passed: a process that is left may have it open. */
    rest: () =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs)
        void end.then(() => {
          clearTimeout(timer)
          resolve()
        })
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

function withoutReady(text: string): string {
  return text.replace(/^ready\r?\n/, '')
}

function tidied(text: string): string {
  return text.replaceAll('\r', '').trim()
}
