/** What checks work with: containers to run, and what the kernel shows of them from the host. */
import { randomBytes } from 'node:crypto'
import type { Bench, Box, Disk, Ended, Facts, Wish } from '../chapter-lab.ts'
import { tryRead } from '../files.ts'
import type { ImageCopy } from './image.ts'
import { factsOf, shellWith } from './look.ts'
import { livesAlone, livesOn, type Starter } from './orphan.ts'
import { patience, within } from './patience.ts'

/** A container that was started for a check, by a list or by a foreign program. */
export interface Trial {
  stdin: NodeJS.WritableStream | null
  stdout: NodeJS.ReadableStream | null
  stderr: NodeJS.ReadableStream | null
  /** The exit code, once it has ended. */
  ended: Promise<number>
  failure: () => Box['failure']
  /** A process of the machine that the container is on, by the host's number. */
  machine: () => number
  disk?: Disk
  starter?: Starter
  remove: () => Promise<void>
}

/** What a trial is to be: the flags of `run`, the command, and whose list it is. */
export interface Asked
  extends Pick<Wish, 'list' | 'layers' | 'experiment' | 'upTo' | 'from' | 'options'> {
  flags: string[]
  argv: string[]
  /** What it is to run on: the same for all containers of a check. */
  image?: ImageCopy
}

/** What is judged: it starts containers, and answers questions. */
export interface Subject {
  start: (asked: Asked) => Promise<Trial>
  ask: Bench['ask']
  /** A copy of the image, for one check. A foreign program has its own. */
  image?: () => ImageCopy | undefined
}

/** How long a container may take to say that it is ready, or to end. */
const patienceMs = 20_000

/** A bench for one check, and `close`, which ends what the check has run. */
export function benchFor(subject: Subject): { bench: Bench; close: () => Promise<void> } {
  const { start, ask, image: copy } = subject
  const trials: Trial[] = []
  const word = randomBytes(6).toString('hex')
  let count = 0
  let image: ImageCopy | undefined
  const run = async (wish: Wish): Promise<Box> => {
    const ready = `ready-${word}-${++count}`
    const { flags = [], script, then, ...whose } = wish
    const argv = ['sh', '-c', scriptOf({ script, ...(then === undefined ? {} : { then }) }, ready)]
    image ??= copy?.()
    const trial = await start({ ...whose, flags, argv, ...(image ? { image } : {}) })
    trials.push(trial)
    return boxOf(trial, ready)
  }
  const close = async () => {
    for (const { remove } of trials.splice(0)) await remove()
    await image?.release()
  }
  return { bench: { word, run, ask }, close }
}

/** With the word in it, by which its shell is found; it waits for a line before `then`. */
function scriptOf({ script, then }: Wish, ready: string): string {
  const wait = then === undefined ? [] : ['read -r go', then]
  return [script, `echo ${ready}`, ...wait].join('\n')
}

async function boxOf(trial: Trial, ready: string): Promise<Box> {
  const [out, err] = [listenTo(trial.stdout), listenTo(trial.stderr)]
  trial.stdin?.on('error', () => {}) // ignoring: the container has ended
  const early = trial.ended.then(() => false)
  const isReady = await within(Promise.race([out.has(ready), early]), patienceMs)
  if (!isReady) await within(trial.ended, patienceMs)
  const shell = isReady ? shellWith(ready) : undefined
  // The report of the machine's fork is on its way: it was sent before the fork's child went on.
  while (shell !== undefined && trial.machine() === 0) await new Promise(setImmediate)
  const facts = shell === undefined ? undefined : await factsOfLiving(shell, trial.machine())
  const said = () => out.text().replace(new RegExp(`${ready}\\r?\\n?`), '')
  const go = async (): Promise<Ended> => {
    trial.stdin?.end('\n')
    const exitCode = await within(trial.ended, patienceMs)
    const printed = { out: said(), err: err.text() }
    if (exitCode !== undefined) return { exitCode, ...printed }
    return { exitCode: 125, lateSeconds: patience(patienceMs) / 1000, ...printed }
  }
  const { disk, starter } = trial
  const orphan = async (parent?: number) => facts !== undefined && livesOn(facts, parent)
  const leave = async () => facts !== undefined && !!starter && livesAlone(facts, starter)
  const failure = trial.failure()
  return {
    ...{ out: said, err: err.text, go, orphan, leave },
    ...(facts ? { facts } : {}),
    ...(failure ? { failure } : {}),
    ...(disk ? { disk } : {}),
  }
}

/** Undefined if the shell ends while it is looked at. */
async function factsOfLiving(shell: number, machine: number): Promise<Facts | undefined> {
  try {
    return await factsOf(shell, machine)
  } catch (error) {
    const stat = tryRead(`/proc/${shell}/stat`)
    const hasLeft = (error as NodeJS.ErrnoException).code === 'EINVAL' // its namespaces, to end
    if (hasLeft || stat === undefined || /\) [ZX] /.test(stat)) return undefined
    throw error
  }
}

const mostText = 2 ** 20

function listenTo(stream: NodeJS.ReadableStream | null) {
  let text = ''
  stream?.on('data', (chunk: Buffer) => {
    if (text.length < mostText) text += chunk.toString()
  })
  return {
    text: () => text,
    /** False if the stream ended without it. */
    has: (wanted: string) =>
      new Promise<boolean>((resolve) => {
        const look = () => text.includes(wanted) && resolve(true)
        stream?.on('data', look)
        stream?.on('close', () => resolve(false))
        look()
      }),
  }
}
