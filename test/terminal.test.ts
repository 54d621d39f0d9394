/** Tests. A terminal of the container's own, on a real one: keys, sizes, and every way out. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { plan } from '../chapters/03-pivot-root/plan.ts'
import type { Step } from '../runtime/step.ts'
import { begin, statusOf, until } from './carry-out.ts'
import { ownProgram } from './own-program.ts'
import { needs } from './scratch.ts'
import { isAsBefore, session } from './terminal-session.ts'
import { ownRootfs, worldOf } from './world.ts'

/** Chapter 3's list with a terminal, whose other side is the test's pipes. */
function listWith(rootfs: string, script: string): Step[] {
  return plan({ ...worldOf(rootfs, script), terminal: { rows: 24, columns: 80 } })
}

describe('keys', () => {
  test('Ctrl-C ends what runs in the container, and not the container', async (context) => {
    const terminal = await session(context)
    terminal.line(`${terminal.run('sh')}; echo "code $?"`)
    await terminal.shows('/ #')
    terminal.line('echo g"o"; cat')
    await terminal.shows(/^go$/m)
    terminal.line('through cat')
    await terminal.shows(/through cat\s+through cat/)
    terminal.keys('C-c')
    await terminal.shows(/\^C\s+\/ #/) // what is typed before the prompt may be dropped with it
    terminal.line('echo still $((20 + 22))')
    await terminal.shows('still 42')
    terminal.line('exit 7')
    await terminal.shows('code 7')
    await isAsBefore(terminal)
  }, 40_000)

  test('Ctrl-Z stops a job inside, fg goes on with it, Ctrl-D ends the shell', async (context) => {
    const terminal = await session(context)
    terminal.line(`${terminal.run('sh')}; echo "code $?"`)
    await terminal.shows('/ #')
    terminal.line('echo g"o"; cat')
    await terminal.shows(/^go$/m)
    terminal.line('through cat')
    await terminal.shows(/through cat\s+through cat/)
    terminal.keys('C-z')
    await terminal.shows(/Stopped.*\n\/ #/)
    terminal.line('fg')
    await terminal.shows(/fg\s+cat\s/) // before, the shell has the terminal, and shows it once
    terminal.line('once more')
    await terminal.shows(/once more\s+once more/)
    terminal.keys('C-d')
    await terminal.shows(/once more\s+once more\s+\/ #/)
    terminal.keys('C-d')
    await terminal.shows('code 0')
    await isAsBefore(terminal)
  }, 40_000)

  test('as many as anybody can paste arrive, while output goes on', async (context) => {
    needs(context, 'root')
    const count = 'while read -r l; do [ $l = end ] && break; echo $l; n=$((n + 1)); done'
    const { launched, says, said } = begin(
      listWith(await ownRootfs(), `n=0; stty -echo; echo go; ${count}; echo $n`),
    )
    await says('go')
    launched.process.stdin?.write(`${`${'x'.repeat(50)}\n`.repeat(3000)}end\n`)
    await launched.outcome
    const lines = said.out.split('\r\n')
    expect(lines.filter((line) => line === 'x'.repeat(50))).toHaveLength(3000)
    expect(lines.at(-2)).toBe('3000')
  })

  test('end where the input ends: after a whole line, and after half of one', async (context) => {
    needs(context, 'root')
    for (const input of ['', 'line\n', 'line\nhalf']) {
      const script = 'stty -echo; echo go; cat; echo over'
      const { launched, says, said } = begin(listWith(await ownRootfs(), script))
      await says('go')
      launched.process.stdin?.end(input)
      expect(await launched.outcome).toEqual({ exitCode: 0 })
      expect(said.out.replaceAll('\r', '')).toBe(`go\n${input}over\n`)
    }
  })
})

describe('size', () => {
  test('is that of the terminal, and follows it, with SIGWINCH', async (context) => {
    const terminal = await session(context)
    const script =
      'trap "stty size" WINCH; trap "exit 3" INT; stty size; while :; do sleep 0.1; done'
    terminal.line(`${terminal.run(`sh -c '${script}'`)}; echo "code $?"`)
    await terminal.shows('30 100')
    terminal.resize(77, 33)
    await terminal.shows('33 77')
    terminal.keys('C-c')
    await terminal.shows('code 3')
    await isAsBefore(terminal)
  }, 40_000)
})

describe('a program that closes its terminal', () => {
  test('goes on, and may open it again', async (context) => {
    const terminal = await session(context)
    const script = 'exec < /dev/null > /dev/null 2>&1; sleep 0.2; echo back > /dev/console; exit 3'
    terminal.line(`${terminal.run(`sh -c '${script}'`)}; echo "code $?"`)
    await terminal.shows('code 3')
    expect(terminal.text()).toMatch(/^back$/m)
  }, 40_000)

  test('is seen to its last byte, also by a parent that looks only later', async (context) => {
    needs(context, 'root')
    const rootfs = await ownRootfs()
    const script = 'stty -opost; echo go; until [ -e /flag ]; do :; done; seq 4000'
    const argv = ownProgram('test/launching.ts', JSON.stringify(listWith(rootfs, script)))
    const child = spawn(process.execPath, argv, { detached: true }) // see `isStopped` in stepbox.ts
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = new Promise((resolve) => child.once('close', resolve))
    let out = ''
    const told = /^\d+ (\d+) (\d+)\n/m
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    await until(
      () => /^go$/m.test(out.replaceAll('\r', '')) && told.test(out),
      () => `a container, not ${out}`,
    )
    const [native = 0, first = 0] = told.exec(out)?.slice(1).map(Number) ?? []
    process.kill(native, 'SIGSTOP')
    writeFileSync(join(rootfs, 'flag'), '')
    await until(
      () => statusOf(first, 'State').startsWith('Z'),
      () => 'the end of the container',
    )
    process.kill(native, 'SIGCONT')
    expect(await ended).toBe(0)
    const numbers = Array.from({ length: 4000 }, (_, at) => `${at + 1}\n`)
    expect(out.replace(/^\d+ \d+ \d+\n/gm, '')).toBe(`go\n${numbers.join('')}`)
  })

  test('may write for long: all of it arrives', async (context) => {
    const terminal = await session(context)
    const out = join(terminal.root, 'out')
    terminal.line(`${terminal.run('seq 100000')} | tee ${out} | tail -n 1; echo "code $?"`)
    await terminal.shows('code 0')
    const text = readFileSync(out, 'utf8').replaceAll('\r', '')
    expect(text).toBe(Array.from({ length: 100_000 }, (_, at) => `${at + 1}\n`).join(''))
    await isAsBefore(terminal)
  }, 40_000)

  test('is hung up on when nobody can see it any more', async (context) => {
    const terminal = await session(context)
    terminal.line(`${terminal.run('yes')} | head -n 1; echo "codes \${PIPESTATUS[@]}"`)
    await terminal.shows(/codes \d+ 0/)
    await isAsBefore(terminal)
  }, 40_000)
})
