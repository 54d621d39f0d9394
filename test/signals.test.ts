/** Tests. What a signal to `stepbox run` does: it goes on to the container, or ends it. */
import { constants } from 'node:os'
import { expect, test } from 'vitest'
import { begin, finish } from '../runtime/container/run.ts'
import { rootWithBusybox } from './busybox.ts'
import { statusOf, until } from './carry-out.ts'
import { rowOf, runtimeOn } from './rows.ts'
import { onTerminal } from './on-terminal.ts'
import { needs, scratch } from './scratch.ts'
import { program, start } from './stepbox.ts'
import { childOf } from './terminal-session.ts'
import { openTerminal } from './tmux.ts'

/** Nobody can catch the first two; the others are about the process that gets them. */
const notPassedOn = ['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGPIPE', 'SIGURG']

test('every signal that can be caught goes on to process 1, and ends nothing', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  const numbers = new Set(
    Object.entries(constants.signals).flatMap(([name, n]) => (notPassedOn.includes(name) ? [] : n)),
  )
  const traps = [...numbers].map((number) => `trap "echo got ${number}." ${number}`).join('; ')
  const script = `${traps}; echo ready; while :; do sleep 1000 & wait; done`
  const running = start(['run', '--rm', 'busybox', 'sh', '-c', script], { root })
  await running.says('ready')
  for (const number of numbers) {
    process.kill(running.process.pid ?? 0, number)
    await running.says(`got ${number}.`)
  }
  expect(numbers.size).toBe(26)
  running.process.kill('SIGKILL')
  await running.ended
})

test('a second Ctrl-C that has no effect says that a third one kills', async (context) => {
  needs(context, 'root', 'tmux')
  const screen = openTerminal({ STEPBOX_ROOT: await rootWithBusybox() })
  const script = "trap 'echo heard' INT; echo ready; while :; do sleep 1000 & wait; done"
  screen.line(`node ${program} run --rm busybox sh -c "${script}"; echo code $?`)
  await screen.shows(/^ready$/m)
  screen.keys('C-c')
  await screen.shows('^Cheard') // two signals at once may be one
  screen.keys('C-c')
  await screen.shows('it runs on: a third Ctrl-C kills it, as does stepbox rm -f')
  screen.keys('C-c')
  await screen.shows('^Ccode 137')
}, 60_000)

test('a key that is a signal arrives each time, also with a terminal inside', async (context) => {
  needs(context, 'root', 'util-linux-script')
  const root = await rootWithBusybox()
  const trap = 'trap "n=\\$((n + 1)); echo heard \\$n." TSTP; trap "exit 3" INT'
  const script = `${trap}; echo ready; while :; do sleep 0.01; done`
  const run = `node ${program} run --rm -t busybox sh -c '${script}'`
  const at = onTerminal(run, { STEPBOX_ROOT: root })
  await at.shows('ready')
  for (let times = 1; times <= 40; times++) {
    at.type('\x1a')
    await at.shows(`heard ${times}.`)
  }
  at.type('\x03')
  expect((await at.ended).code).toBe(3)
}, 60_000)

test('a real-time signal, which Node cannot catch, ends both', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  const script = 'trap "echo got it" 40; echo ready; while :; do sleep 1000 & wait; done'
  const running = start(['run', '--rm', 'busybox', 'sh', '-c', script], { root })
  await running.says('ready')
  const first = childOf(childOf(childOf(running.process.pid ?? 0)))
  expect(statusOf(first, 'NSpid')).toMatch(/\t1$/)
  process.kill(running.process.pid ?? 0, 40)
  expect((await running.ended).out).toBe('ready\n')
  await until(
    () => statusOf(first, 'Pid') === '',
    () => `the end of ${first}`,
  )
})

test('a container that cleared its parent-death signal ends with its monitor', async (context) => {
  needs(context, 'root', 'util-linux-setpriv')
  const { number: chapter } = await rowOf('namespaces')
  const runtime = await runtimeOn(scratch(), chapter)
  const script = 'trap : TERM HUP; echo ready; while :; do sleep 1000; done'
  const started = await begin(runtime, {
    chapter,
    argv: ['setpriv', '--pdeathsig', 'clear', 'sh', '-c', script],
    env: [`PATH=${process.env['PATH']}`],
    stdio: ['ignore', 'pipe', 'ignore'], // which the container keeps open
  })
  let said = ''
  started.launched.process.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const finished = finish(runtime, started)
  await until(
    () => said === 'ready\n',
    () => 'the command',
  )
  process.kill(started.launched.pid, 'SIGKILL')
  expect(await finished).toMatchObject({ lost: true })
  await until(
    () => statusOf(started.pid, 'Pid') === '',
    () => `the end of ${started.pid}`,
  )
})
