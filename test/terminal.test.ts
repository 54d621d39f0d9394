/** Tests. A terminal of the container's own, on a real one: keys, sizes, and every way out. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { plan } from '../chapters/03-pivot-root/plan.ts'
import type { Step } from '../runtime/step.ts'
import { rootWithBusybox } from './busybox.ts'
import { begin, linkOf, statusOf, until } from './carry-out.ts'
import { needs } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'
import { openTerminal, type Screen } from './tmux.ts'
import { ownRootfs, worldOf } from './world.ts'

interface Session extends Screen {
  /** The line that starts a container with a terminal. */
  run: (command: string) => string
  root: string
}

/** A terminal whose shell has noted how it was set. */
async function session(context: TestContext): Promise<Session> {
  needs(context, 'root', 'tmux')
  const root = await rootWithBusybox()
  const screen = openTerminal({ STEPBOX_ROOT: root })
  screen.line(`stty -g > ${root}/before; echo ready`)
  await screen.shows(/^ready$/m)
  return { ...screen, root, run: (command) => `node ${program} run --rm -it busybox ${command}` }
}

/** That the shell has its terminal back as it was, and reads what is typed. */
async function isAsBefore({ line, shows, root }: Session): Promise<void> {
  const times = ++asked
  line(`stty -g | cmp - ${root}/before && echo as before ${times}`)
  await shows(new RegExp(`^as before ${times}$`, 'm'))
}

let asked = 0

/** Whether keys go through the terminal as they are. */
function isRaw({ shell }: Session): boolean {
  const tty = linkOf(`/proc/${shell}/fd/0`)
  return execFileSync('stty', ['-F', tty, '-a'], { encoding: 'utf8' }).includes('-icanon')
}

/** Node, the native program and the container's first process, once its shell has a prompt. */
async function processes({ shell, shows }: Session): Promise<[number, number, number]> {
  await shows('/ #')
  const child = childOf(shell)
  const node = linkOf(`/proc/${child}/exe`) === process.execPath ? child : childOf(child)
  const native = childOf(node)
  expect(linkOf(`/proc/${native}/exe`)).toBe('/memfd:stepbox (deleted)')
  return [node, native, childOf(native)]
}

/** The first child of `pid`, or 0. */
function childOf(pid: number): number {
  if (pid === 0) return 0
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return Number(children.split(' ')[0])
}

/** Chapter 3's list with a terminal, whose other side is the test's pipes. */
function listWith(rootfs: string, script: string): Step[] {
  return plan({ ...worldOf(rootfs, script), terminal: { rows: 24, columns: 80 } })
}

const isGone = (pid: number) => () => statusOf(pid, 'Pid') === ''

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
    await terminal.shows('Stopped')
    terminal.line('fg')
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
    const { launched, says, said, reports } = begin(listWith(rootfs, script))
    await says('go')
    const first = reports[0]?.result ?? 0
    process.kill(launched.pid, 'SIGSTOP')
    writeFileSync(join(rootfs, 'flag'), '')
    await until(
      () => statusOf(first, 'State').startsWith('Z'),
      () => 'the end of the container',
    )
    process.kill(launched.pid, 'SIGCONT')
    expect(await launched.outcome).toEqual({ exitCode: 0 })
    const numbers = Array.from({ length: 4000 }, (_, at) => `${at + 1}\n`)
    expect(said.out).toBe(`go\n${numbers.join('')}`)
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
    const [, , first] = await processes(terminal)
    process.kill(first, 'SIGKILL')
    await terminal.shows('code 137')
    await expectAsBefore(terminal)
  }, 40_000)

  test('when the native program is killed', async (context) => {
    const terminal = await session(context)
    terminal.line(noted(terminal))
    const [, native, first] = await processes(terminal)
    process.kill(native, 'SIGKILL')
    await terminal.shows('code 125')
    await until(isGone(first), () => 'the end of the container')
    await expectAsBefore(terminal)
  }, 40_000)

  test('when Node is killed, as soon as the container has ended', async (context) => {
    const terminal = await session(context)
    terminal.line(noted(terminal).replace('stty', `cat ${terminal.root}/end; stty`))
    const [node, native, first] = await processes(terminal)
    execFileSync('mkfifo', [join(terminal.root, 'end')])
    process.kill(node, 'SIGKILL')
    await terminal.shows('code 137')
    for (const pid of [native, first]) await until(isGone(pid), () => `the end of ${pid}`)
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
  const native = () => childOf(childOf(terminal.shell))
  const isStopped = () => statusOf(native(), 'State').startsWith('T')
  await until(isStopped, () => 'a native program that waits')
  await isAsBefore(terminal)
  terminal.line('fg; echo "code $?"')
  await terminal.shows('/ #')
  terminal.line('exit 21')
  await terminal.shows('code 21')
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
    const script = 'trap "echo interrupted" INT; echo waiting; while :; do sleep 0.05; done'
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
    await terminal.shows(/interrupted\s+(\^C)?interrupted/)
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
