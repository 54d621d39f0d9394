/** The commands that begin and end containers, and change them in between. */
import { imageFor } from '../05-commit/image-for.ts'
import { traitsOf } from '../chapter.ts'
import { detachKeysOf, forEachWord, UsageError, valueOf } from '../command-line.ts'
import type { Answer, Input } from '../command-line.ts'
import { announce } from '../container/announce.ts'
import { findContainer } from '../container/find.ts'
import { checkMachine } from '../container/check-machine.ts'
import { request } from '../container/request.ts'
import { tidy } from '../container/tidy.ts'
import { NativeFailure } from '../native-failure.ts'
import { sizeOfTerminal } from '../terminal-size.ts'
import { attachTo, checkAttached } from './attach-container.ts'
import { writeNewFile } from './cid-file.ts'
import { overdueInWords, type Overdue } from './deaf.ts'
import { secondsIn } from './flags.ts'
import { isLive } from './states.ts'
import { pauseContainer, unpauseContainer } from './pause-container.ts'
import { renameContainer } from './rename-container.ts'
import { signalNumber } from './signals.ts'
import { createContainer, startContainer, type KeptStart } from './start-container.ts'
import { killContainer, restartContainer, stopContainer } from './stop-container.ts'
import type { StopOptions } from './stop-container.ts'
import { waitForEnd } from './wait-container.ts'

/** `create`: prints the id. As in Docker, 1 is the exit code of all but mistyped flags. */
export async function createCommand(input: Input): Promise<Answer> {
  const { runtime, words, switches, warn, failed } = input
  const { root } = traitsOf(runtime.rows)
  const [name = '', ...command] = words
  try {
    checkMachine()
    await tidy(runtime)
    const platform = valueOf(input, 'platform')
    const { settings, use } = await imageFor(runtime.root, name, { has: root, platform, warn })
    const asked = request(input, command, settings)
    const streams = { hasInput: switches.has('interactive'), isJoined: false }
    const terminal = switches.has('tty') ? { terminal: { rows: 24, columns: 80 } } : {}
    const options = { ...asked, ...use, streams, ...terminal }
    const { id } = await createContainer(runtime, options, writeNewFile(asked.cidFile))
    return { lines: [id] }
  } catch (error) {
    if (error instanceof UsageError) throw error
    await failed(error)
    return { code: 1 }
  }
}

/** `start`: goes on after a failure, as all of these do, and ends with 1 when there was one. */
export async function startCommand(input: Input): Promise<Answer | number> {
  const { switches, words } = input
  if (switches.has('restart-policy') || switches.has('unit'))
    return (await import('./boot.ts')).bootCommand(input)
  if (words.length === 0)
    throw new UsageError('too few arguments; a container, or --restart-policy')
  checkMachine()
  await tidy(input.runtime)
  if (switches.has('attach') || switches.has('interactive')) {
    if (words.length > 1)
      throw new Error('you cannot start and attach multiple containers at once')
    return startAttached(input)
  }
  return named(input, (word) => startContainer(input.runtime, word, keptStart(input)))
}

/** How long a container may take until it lets clients in. */
const startPatienceMs = 10_000

/** `start -a`: the container's exit code. It lives on when this process is killed. */
async function startAttached(input: Input): Promise<number> {
  const { runtime, words, switches, attach } = input
  const container = findContainer(runtime.root, words[0] ?? '')
  const isThere = isLive(container)
  const launched = attachTo(runtime.root, container, {
    hasInput: switches.has('interactive') && (container.streams?.hasInput ?? false),
    milliseconds: startPatienceMs,
    onLaunch: (client, stdio) => void attach(client, { stdio, sigProxy: !container.terminal }),
    ...detachKeysOf(runtime.rows, input),
  })
  announce(runtime, container, { action: 'attach' })
  const size = container.terminal && sizeOfTerminal()
  const changes = { isAwaited: true, ...(size ? { terminal: size } : {}) }
  const how = { ...keptStart(input), changes, client: launched.outcome }
  try {
    if (!isThere) await startContainer(runtime, container.id, how)
  } catch (error) {
    const isKilled = launched.process.signalCode !== null
    launched.process.kill('SIGKILL') // otherwise it would wait for the container
    await launched.outcome
    throw isKilled ? new NativeFailure() : error
  }
  const outcome = await launched.outcome
  checkAttached(runtime.root, container, outcome)
  return outcome.exitCode
}

function keptStart({ chapter, explain }: Input): KeptStart {
  return { chapter: chapter.number, explain }
}

export async function stopCommand(input: Input): Promise<Answer> {
  const how = stopOptions(input)
  await tidy(input.runtime)
  return named(input, (word) => saying(input, stopContainer(input.runtime, word, how)), true)
}

export async function restartCommand(input: Input): Promise<Answer> {
  const how = { stop: stopOptions(input), start: keptStart(input) }
  checkMachine()
  await tidy(input.runtime)
  return named(input, (word) => saying(input, restartContainer(input.runtime, word, how)), true)
}

/** Of a container that used up its grace, say so on standard error. */
async function saying({ warn }: Input, work: Promise<Overdue | undefined>): Promise<void> {
  const overdue = await work
  if (overdue) warn(overdueInWords(overdue))
}

function stopOptions(input: Input): StopOptions {
  const signal = valueOf(input, 'signal') || undefined
  const seconds = secondsIn('time', valueOf(input, 'time') ?? valueOf(input, 'timeout'))
  return {
    ...(signal === undefined ? {} : { signal: signalNumber(signal) }),
    ...(seconds === undefined ? {} : { seconds }),
  }
}

export async function killCommand(input: Input): Promise<Answer> {
  const signal = signalNumber(valueOf(input, 'signal') || 'KILL')
  await tidy(input.runtime)
  return named(input, (word) => killContainer(input.runtime, word, signal), true)
}

export async function pauseCommand(input: Input): Promise<Answer> {
  await tidy(input.runtime)
  return named(input, (word) => pauseContainer(input.runtime, word))
}

export async function unpauseCommand(input: Input): Promise<Answer> {
  await tidy(input.runtime)
  return named(input, (word) => unpauseContainer(input.runtime, word))
}

/** `wait`: prints the exit code of each. */
export async function waitCommand(input: Input): Promise<Answer> {
  await tidy(input.runtime)
  const code = await forEachWord(input, async (word) => {
    input.print(String(await waitForEnd(input.runtime, word)))
  })
  return { code }
}

export async function renameCommand({ runtime, words }: Input): Promise<Answer> {
  const [word = '', name = ''] = words
  await tidy(runtime)
  await renameContainer(runtime, word, name)
  return {}
}

/**
 * Do `work` for each container that is named, and print the name. With `isAtOnce`, all at the same
 * time: the longest grace counts, and not the sum.
 */
async function named(
  input: Input,
  work: (word: string) => Promise<void>,
  isAtOnce = false,
): Promise<Answer> {
  const { words, print } = input
  const begun = isAtOnce ? words.map((word) => settledBy(work(word))) : []
  const code = await forEachWord(input, async (word) => {
    const problem = await (begun.shift() ?? settledBy(work(word)))
    if (problem !== undefined) throw problem
    print(word)
  })
  return { code }
}

/** What a promise was rejected with. It is looked at later, and must not end the program before. */
async function settledBy(work: Promise<void>): Promise<unknown> {
  try {
    await work
    return undefined
  } catch (error) {
    return error // ignoring: the caller throws it
  }
}
