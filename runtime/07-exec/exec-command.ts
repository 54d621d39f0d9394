/** `exec`: a further process in a container that runs; its output, its exit code. */
import { given, workdir } from '../01-namespaces/flags.ts'
import { askedVariables } from '../01-namespaces/environment.ts'
import type { Input } from '../command-line.ts'
import { checkMachine } from '../container/check-machine.ts'
import { NativeFailure } from '../native-failure.ts'
import type { Container } from '../options.ts'
import { beginExec, type NewcomerOptions } from './exec-container.ts'

export async function execCommand(input: Input): Promise<number> {
  checkMachine()
  const { words, runtime, switches, explain } = input
  const [name = '', ...argv] = words
  const { stdio, ...own } = await input.streams(input)
  const asked = (container: Container): NewcomerOptions => ({
    argv,
    ...settingsIn(input, container),
    ...own,
  })
  const { launched, plan, container } = await beginExec(runtime, name, { asked, stdio })
  if (!switches.has('detach')) await input.attach(launched, { stdio, sigProxy: false })
  let why
  for await (const report of launched.reports)
    if (report.failed)
      why = await explain({ plan, pid: report.pid, chapter: container.chapter }, report)
  const { refused, lost, exitCode } = await launched.outcome
  if (refused) throw new NativeFailure(refused)
  if (lost) throw new Error('the native program was killed, and the command with it')
  if (!why) return exitCode
  await input.failed(new Error(why.text))
  return why.exitCode
}

/** What the flags say, on top of what the container was made with. */
function settingsIn(input: Input, container: Container): Omit<NewcomerOptions, 'argv'> {
  const cwd = workdir(input, { WorkingDir: container.cwd ?? null })
  const user = given(input, 'user') ?? container.user
  const tty = input.switches.has('tty') ? ['TERM=xterm'] : []
  return {
    env: [...tty, ...askedVariables(input, { Env: container.env })],
    ...(cwd === undefined ? {} : { cwd }),
    ...(user === undefined ? {} : { user }),
    ...(user === undefined && container.groupAdd ? { groupAdd: container.groupAdd } : {}),
  }
}
