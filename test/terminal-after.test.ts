/** Tests. The caller's terminal: given back, taken again, and what is there without one. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rootWithBusybox } from './busybox.ts'
import { statusOf, until } from './carry-out.ts'
import { needs } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'
import { childOf, isAsBefore, isRaw, processes, session } from './terminal-session.ts'
import type { Session } from './terminal-session.ts'
const isGone = (pid: number) => () => statusOf(pid, 'Pid') === ''

describe("the caller's terminal is as before", () => {
  /*
   * A shell with job control restores the terminal itself after a job that was killed. This one has
   * none: it notes what it finds.
   */
  const noted = (terminal: Session) =>
    `(${terminal.run('sh')}; echo "code $?"; stty -g > ${terminal.root}/after; echo; echo noted)`

  async function expectAsBefore(terminal: Session): Promise<void> {
    await terminal.shows(/^noted$/m)
    const settings = (name: string) => readFileSync(join(terminal.root, name), 'utf8')
    expect(settings('after')).toBe(settings('before'))
  }

  test('when the container is killed', async (context) => {
    const terminal = await session(context)
    terminal.line(noted(terminal))
    const [, , , first] = await processes(terminal)
    process.kill(first, 'SIGKILL')
    await terminal.shows('code 137')
    await expectAsBefore(terminal)
  }, 40_000)

  const killed: [name: string, which: 1 | 2, code: string][] = [
    ['monitor', 1, 'code 125'],
    ['process that copies its keys', 2, 'code 137'],
  ]
  const time = { timeout: 40_000 }
  test.for(killed)('when its %s is killed', time, async ([, which, code], context) => {
    const terminal = await session(context)
    terminal.line(noted(terminal))
    const family = await processes(terminal)
    process.kill(family[which], 'SIGKILL')
    await terminal.shows(code)
    await until(isGone(family[3]), () => 'the end of the container')
    await expectAsBefore(terminal)
  })

  test('when Node is killed, as soon as the container has ended', async (context) => {
    const terminal = await session(context)
    terminal.line(noted(terminal).replace('stty', `cat ${terminal.root}/end; stty`))
    const [node, ...others] = await processes(terminal)
    execFileSync('mkfifo', [join(terminal.root, 'end')])
    process.kill(node, 'SIGKILL')
    await terminal.shows('code 137')
    for (const pid of others) await until(isGone(pid), () => `the end of ${pid}`)
    writeFileSync(join(terminal.root, 'end'), '')
    await expectAsBefore(terminal)
    const { root } = terminal
    await stepbox(['run', '--rm', 'busybox', 'true'], { root }) // clears what it left
  }, 40_000)

  test('when the terminal itself is gone, nothing is left running', async (context) => {
    const terminal = await session(context)
    terminal.line(terminal.run('sh'))
    const pids = await processes(terminal)
    process.kill(terminal.shell, 'SIGKILL')
    for (const pid of pids) await until(isGone(pid), () => `the end of ${pid} of ${pids}`)
  }, 40_000)
})

test('a container in the background waits until it is in front', async (context) => {
  const terminal = await session(context)
  terminal.line(`${terminal.run('sh')} &`)
  const native = () => childOf(childOf(childOf(terminal.shell)))
  const isStopped = () => statusOf(native(), 'State').startsWith('T')
  await until(isStopped, () => 'a native program that waits')
  await isAsBefore(terminal)
  terminal.line('fg; echo "code $?"')
  await terminal.shows('/ #')
  terminal.line('exit 21')
  await terminal.shows('code 21')
  await isAsBefore(terminal)
}, 40_000)

test('after a container in the background, the terminal echoes as before', async (context) => {
  const terminal = await session(context)
  const file = join(terminal.root, 'input')
  execFileSync('mkfifo', [file])
  const input = openSync(file, 'r+')
  terminal.line(`node ${program} run --rm -i busybox cat < ${file} &`)
  await until(() => childOf(childOf(childOf(childOf(terminal.shell)))) > 0, () => 'a container')
  terminal.line('wait; echo waited')
  await until(() => !isRaw(terminal), () => 'a shell that waits: ' + terminal.text())
  closeSync(input)
  await terminal.shows(/^waited$/m)
  await isAsBefore(terminal)
}, 40_000)

test('after its job was suspended, a container is in raw mode again', async (context) => {
  const terminal = await session(context)
  terminal.line(terminal.run('sh'))
  const [node] = await processes(terminal)
  expect(isRaw(terminal)).toBe(true)
  process.kill(-node, 'SIGSTOP')
  await terminal.shows('Stopped')
  await isAsBefore(terminal)
  terminal.line('fg; echo "code $?"')
  await until(
    () => isRaw(terminal),
    () => 'raw mode',
  )
  terminal.line('exit 21')
  await terminal.shows('code 21')
  await isAsBefore(terminal)
}, 40_000)

describe('without -t', () => {
  test('a key arrives once: Node passes it on, the kernel does not', async (context) => {
    const terminal = await session(context)
    // The word is not in what is typed, which may be broken into lines behind it.
    const script = 'w=rupted; trap "echo inter$w" INT; echo waiting; while :; do sleep 0.05; done'
    terminal.line(`node ${program} run --rm --name once busybox sh -c '${script}'; echo "code $?"`)
    await terminal.shows(/^waiting$/m)
    const native = childOf(childOf(terminal.shell))
    process.kill(native, 'SIGSTOP') // so that whatever is sent to it comes together
    terminal.keys('C-c')
    const interrupt = 1n << 1n
    const pending = () => BigInt(`0x${statusOf(native, 'ShdPnd')}`)
    await until(
      () => (pending() & interrupt) !== 0n,
      () => 'a signal that waits',
    )
    process.kill(native, 'SIGCONT')
    await terminal.shows(/interrupted$/m)
    terminal.keys('C-c')
    await terminal.shows(/interrupted$[^]*^(\^C)?interrupted$/m)
    terminal.keys('C-c')
    await terminal.shows('code 137')
    expect(terminal.text().match(/^(\^C)?interrupted$/gm)).toHaveLength(2)
    expect(readdirSync(join(terminal.root, 'running'))).toEqual([])
  }, 40_000)

  test('-i is a pipe: what is written is read, and its end is an end', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const ended = await stepbox(['run', '--rm', '-i', 'busybox', 'cat'], { root, input: 'hi\n' })
    expect(ended).toMatchObject({ code: 0, out: 'hi\n', err: '' })
  }, 40_000)
})
