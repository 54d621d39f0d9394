/** Tests. Life and death of the native program: signals, and whoever is killed. */
import { spawn } from 'node:child_process'
import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { launch } from '../runtime/native.ts'
import { begin, contained, processesReading, statusOf, steps } from './carry-out.ts'
import { until, type Begun } from './carry-out.ts'
import { ownProgram } from './own-program.ts'
import { needs, scratch } from './scratch.ts'

/** Says the name of each signal that it is sent, once for each time. */
const parrot = (signals: string[]) => {
  const traps = signals.map((signal) => `trap 'echo ${signal}.' ${signal}`).join('; ')
  return ['sh', '-c', `${traps}; sleep 1000 & echo ready; while :; do wait; done`]
}

/** KILL and STOP work at once; CHLD and PIPE are the program's own; 32 to 34 are libraries'. */
const notPassedOn = [9, 13, 17, 19, 32, 33, 34]

const isGone = (pid: number) => () => ['', 'Z (zombie)'].includes(statusOf(pid, 'State'))

async function firstProcess({ reported }: Begun, fork = 1): Promise<number> {
  return (await reported(fork)).result
}

describe('signals', () => {
  test('each is passed on, and once', async (context) => {
    needs(context, 'root')
    const signals = [...Array(64).keys()].map((n) => n + 1).filter((n) => !notPassedOn.includes(n))
    const { launched, says, said } = begin(contained(parrot(signals.map(String))))
    await says('ready')
    for (const number of signals) {
      process.kill(launched.pid, number)
      await says(`\n${number}.`)
    }
    expect(said.out).toBe(['ready', ...signals.map((number) => `${number}.`), ''].join('\n'))
  })

  test('before there is a child, they end the native program', async (context) => {
    needs(context, 'root')
    const { launched } = begin(contained(['true']), { mode: 'step' })
    launched.process.kill('SIGTERM')
    expect(await launched.outcome).toEqual({ exitCode: 143, signal: 'SIGTERM' })
  })

  test('process 1 ignores what it has no handler for, but not SIGKILL', async (context) => {
    needs(context, 'root')
    const ready = [
      'sh',
      '-c',
      "trap 'echo fence' USR1; sleep 1000 & echo ready; while :; do wait; done",
    ]
    const begun = begin(contained(ready))
    await begun.says('ready')
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR1'] as const)
      begun.launched.process.kill(signal)
    await begun.says('fence')
    process.kill(await firstProcess(begun), 'SIGKILL')
    expect(await begun.launched.outcome).toEqual({ exitCode: 137, signal: 'SIGKILL' })
  })

  test('a command that is stopped has not ended', async (context) => {
    needs(context, 'root')
    const list = contained(['sh', '-c', 'echo ready; read line; exit 9'])
    // The test stops it, so it needs its own session: see `isStopped` in stepbox.ts.
    const begun = begin([...list.slice(0, -1), ...steps(['setsid']), ...list.slice(-1)])
    await begun.says('ready')
    const first = await firstProcess(begun)
    process.kill(first, 'SIGSTOP')
    await until(
      () => statusOf(first, 'State').startsWith('T'),
      () => 'the stop',
    )
    begun.launched.process.stdin?.end('go on\n')
    process.kill(first, 'SIGCONT')
    expect(await begun.launched.outcome).toEqual({ exitCode: 9 })
  })
})

describe('whoever is killed with -9, nothing lives on', () => {
  test('the native program: the container ends with it, and that is told', async (context) => {
    needs(context, 'root')
    const begun = begin(contained(parrot(['TERM'])))
    await begun.says('ready')
    const first = await firstProcess(begun)
    begun.launched.process.kill('SIGKILL')
    expect(await begun.launched.outcome).toEqual({ exitCode: 125, lost: true })
    await until(isGone(first), () => `the end of ${first}`)
  })

  test('the native program before its child asked for that: it looks', async (context) => {
    needs(context, 'root')
    const begun = begin(contained(['sleep', '1000']), { mode: 'step' })
    for (const index of [0, 1]) {
      begun.launched.goAhead()
      await begun.reported(index)
    }
    const first = await firstProcess(begun)
    begun.launched.process.kill('SIGKILL')
    await until(isGone(begun.launched.pid), () => 'the end of the native program')
    for (let more = 0; more < 3; more++) begun.launched.goAhead() // prctl, execvpe
    expect(await begun.launched.outcome).toMatchObject({ lost: true })
    await until(isGone(first), () => `the end of ${first}`)
  })

  test('the native program at any moment of a start', async (context) => {
    needs(context, 'root')
    const mark = join(scratch(), 'mark')
    writeFileSync(mark, '')
    const stdin = openSync(mark, 'r')
    const plan = contained(['sleep', '1000'])
    for (let times = 0; times < 60; times++) {
      const launched = launch(plan, { stdio: [stdin, 'ignore', 'ignore'] })
      const end = performance.now() + times / 20
      while (performance.now() < end) continue
      launched.process.kill('SIGKILL')
      await launched.outcome
    }
    await until(
      () => processesReading(mark).length === 0,
      () => `the end of ${processesReading(mark)}`,
    )
  })

  test('whoever started it: container and native program end', async (context) => {
    needs(context, 'root')
    const plan = JSON.stringify(contained(parrot(['HUP'])))
    const argv = ownProgram('test/launching.ts', plan)
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    await until(
      () => out.includes('ready') && /\d+ \d+ \d+/.test(out),
      () => 'a container',
    )
    const pids = /(\d+) (\d+) (\d+)/.exec(out)?.slice(1).map(Number) ?? []
    expect(pids.map((pid) => isGone(pid)())).toEqual([false, false, false])
    child.kill('SIGKILL')
    for (const pid of pids) await until(isGone(pid), () => `the end of ${pid} of ${pids}`)
  })

  test('with process 1, everything it has started', async (context) => {
    needs(context, 'root')
    const orphan = "sh -c 'trap : TERM HUP; while :; do sleep 1000; done' & echo ready; wait"
    const mark = join(scratch(), 'mark')
    writeFileSync(mark, '')
    const stdio = [openSync(mark, 'r'), 'pipe', 'inherit'] as const
    const begun = begin(contained(['sh', '-c', `setsid ${orphan}`]), { stdio: [...stdio] })
    await begun.says('ready')
    const first = await firstProcess(begun)
    const inside = statusOf(first, 'NSpid')
    expect(inside).toBe(`${first}\t1`)
    process.kill(first, 'SIGKILL')
    expect(await begun.launched.outcome).toEqual({ exitCode: 137, signal: 'SIGKILL' })
    expect(processesReading(mark)).toEqual([])
  })

  test('let go of: the program ends only when the container has ended', async (context) => {
    needs(context, 'root')
    const crowd = 'i=0; while [ $((i += 1)) -lt 200 ]; do sleep 1000 & done; echo ready; wait'
    const begun = begin(contained(['sh', '-c', crowd]))
    await begun.says('ready')
    const first = await firstProcess(begun)
    const wasGone = new Promise((resolve) =>
      begun.launched.process.on('exit', () => resolve(isGone(first)())),
    )
    begun.launched.abandon()
    expect(await wasGone).toBe(true)
    expect(await begun.launched.outcome).toEqual({ exitCode: 137 })
  })
})
