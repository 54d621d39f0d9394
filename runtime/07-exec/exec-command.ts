/** `exec`: a further process in a container that runs; its output, its exit code. */
import { given, workdir } from '../01-namespaces/flags.ts'
import { askedVariables } from '../01-namespaces/environment.ts'
import { UsageError, type Input } from '../command-line.ts'
import { checkMachine } from '../container/check-machine.ts'
import { NativeFailure } from '../native-failure.ts'
import type { Container } from '../options.ts'
import { detached, detachKeys } from './detach-keys.ts'
import { beginExec, NotExecutable, type NewcomerOptions } from './exec-container.ts'

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
  const { words, runtime, switches, explain } = input
  const [name = '', ...argv] = words
  const { stdio, ...own } = await input.streams(input)
  const detach = switches.has('detach')
  const asked = (container: Container): NewcomerOptions => ({
    argv,
    ...settingsIn(input, container),
    ...own,
    detach,
  })
  const how = { asked, stdio, keys: detachKeys(input) }
  const { launched, plan, container, outcome } = await beginExec(runtime, name, how)
  if (!detach) await input.attach(launched, { stdio, sigProxy: false })
  let why
  for await (const report of launched.reports)
    if (report.failed)
      why = await explain({ plan, pid: report.pid, chapter: container.chapter }, report)
  const { refused, lost, isDetached, exitCode } = await outcome
  if (refused) throw new NativeFailure(refused)
  if (lost) throw new Error('the native program was killed, and the command with it')
  if (isDetached) return detached(input)
  if (!why) return exitCode
  await input.failed(new Error(why.text))
  return detach ? 1 : why.exitCode === 127 ? 127 : 126
}

/** What the flags say, on top of what the container was made with. */
function settingsIn(input: Input, container: Container): Omit<NewcomerOptions, 'argv'> {
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

function directoryIn(input: Input, { cwd }: Container): string | undefined {
  try {
    return workdir(input, { WorkingDir: cwd ?? null })
  } catch (error) {
    throw new NotExecutable((error as Error).message, { cause: error }) // ignoring its kind
  }
}
