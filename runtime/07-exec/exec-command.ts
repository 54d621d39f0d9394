/** `exec`: a further process in a container that runs; its output, its exit code. */
import { constants } from 'node:os'
import { accountOf } from '../01-namespaces/accounts.ts'
import { given, workdir } from '../01-namespaces/flags.ts'
import { askedVariables } from '../01-namespaces/environment.ts'
import { identityOf } from '../01-namespaces/identity.ts'
import { eventsPath } from '../06-lifecycle/events.ts'
import { planOptions } from '../chapter.ts'
import { UsageError, type Input } from '../command-line.ts'
import { checkMachine } from '../container/check-machine.ts'
import { NativeFailure } from '../native-failure.ts'
import type { Outcome } from '../native.ts'
import type { Container, PlanOptions } from '../options.ts'
import { detached, detachKeys } from './detach-keys.ts'
import { beginExec, newcomerIn, NotExecutable, runningContainer } from './exec-container.ts'
import type { NewcomerOptions } from './exec-container.ts'

/**
 * The exit code is the command's own. As in Docker, 126 says that it cannot be executed, and 127
 * that there is none of that name; with -d, and for all that comes before, it is 1.
 */
export async function execCommand(input: Input): Promise<number> {
  const isDetached = input.switches.has('detach')
  try {
    checkMachine()
    return await execute(input)
  } catch (error) {
    if (error instanceof UsageError) throw error
    await input.failed(error)
    return error instanceof NotExecutable && !isDetached ? 126 : 1
  }
}

async function execute(input: Input): Promise<number> {
  const { words, runtime, switches } = input
  const [name = '', ...argv] = words
  const { stdio, ...own } = await input.streams(input)
  const isDetached = switches.has('detach')
  const keys = detachKeys(input)
  const asked = (container: Container): NewcomerOptions => ({
    argv,
    ...settingsIn(input, container),
    ...own,
    detach: isDetached,
  })
  const { outcome, why } = await input.carryOut(input, {
    ...{ name: 'exec', argv, isDetached, stdio },
    begin: (how) => beginExec(runtime, name, { asked, stdio, keys, ...how }),
  })
  if (!outcome) return 125
  const { refused, lost, unwritten, exitCode } = outcome
  if (refused) throw new NativeFailure(refused)
  if (lost) throw new Error('the native program was killed, and the command with it')
  if (unwritten) return unheard(unwritten)
  if (outcome.isDetached) return detached(input)
  if (!why) return exitCode
  await input.failed(new Error(why.text))
  return isDetached ? 1 : why.exitCode === 127 ? 127 : 126
}

/** The command goes on. This ends as SIGPIPE would end it, if that is why. */
function unheard({ fd, errno }: NonNullable<Outcome['unwritten']>): number {
  if (errno === 'EPIPE') return 128 + constants.signals.SIGPIPE
  const stream = fd === 1 ? 'output' : 'error'
  throw new Error(`the command goes on unheard: standard ${stream} cannot be written, ${errno}`)
}

/** The options of a list that is only printed: for a container that runs, or a typical one. */
export async function printedExec(input: Input): Promise<PlanOptions> {
  const { runtime, words, switches } = input
  const [name, ...typed] = words
  const container = name === undefined ? undefined : runningIfKnown(runtime.root, name)
  const terminal = switches.has('tty') ? { terminal: { rows: 24, columns: 80 } } : {}
  const own = {
    argv: typed.length > 0 ? typed : ['sh'],
    streams: { hasInput: switches.has('interactive'), isJoined: false },
    ...terminal,
  }
  const outliving = {
    events: eventsPath(runtime.root),
    ...{ container: container?.id ?? '<id>', exec: '<exec>' },
    isDetached: switches.has('detach'),
  }
  if (container) {
    const newcomer = await newcomerIn(container, { ...settingsIn(input, container), ...own })
    return { ...newcomer, outliving }
  }
  const hostname = '<id>'
  const { user: _, ...settings } = settingsIn(input, { env: [] })
  const account = accountOf(settingsIn(input, { env: [] }), { passwd: rootLine, group: '' })
  const identity = identityOf(account, { ...settings, ...own }, { hostname })
  return planOptions(runtime.rows, { ...settings, ...own, hostname, ...identity, outliving })
}

const rootLine = 'root::0:0::/root:'

/** Only root can look into containers; others, and other systems, get a typical list. */
function runningIfKnown(root: string, name: string): Container | undefined {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return undefined
  return runningContainer(root, name)
}

type Settings = Pick<Container, 'env'> & Partial<Pick<Container, 'cwd' | 'user' | 'groupAdd'>>

/** What the flags say, on top of what the container was made with. */
function settingsIn(input: Input, container: Settings): Omit<NewcomerOptions, 'argv'> {
  const cwd = directoryIn(input, container)
  const user = given(input, 'user') ?? container.user
  const tty = input.switches.has('tty') ? ['TERM=xterm'] : []
  return {
    env: [...tty, ...askedVariables(input, { Env: container.env })],
    ...(cwd === undefined ? {} : { cwd }),
    ...(user === undefined ? {} : { user }),
    ...(container.groupAdd ? { groupAdd: container.groupAdd } : {}),
  }
}

function directoryIn(input: Input, { cwd }: Settings): string | undefined {
  try {
    return workdir(input, { WorkingDir: cwd ?? null })
  } catch (error) {
    throw new NotExecutable((error as Error).message, { cause: error }) // ignoring its kind
  }
}
