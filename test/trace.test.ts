/** Tests. `run --trace`: each call with its result and time, beside what the container says. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rootWithBusybox } from './busybox.ts'
import { needs, scratch } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'
import { openTerminal } from './tmux.ts'

describe('--trace', () => {
  test('shows each call with result and time, and leaves the output alone', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const { out, err } = await stepbox(['run', '--rm', '--trace', 'busybox', 'echo', 'hi'], {
      root,
    })
    expect(out).toBe('hi\n')
    expect(err).toMatch(/^ *1 close_range\(4, 4294967295, 0\) = 0 <0\.\d{6}>$/m)
    expect(err).toMatch(/^ *\d+ execvpe\("echo", \["echo", "hi"\]/m)
    expect(err).toMatch(/^\d+ calls in \d+\.\d{3} ms$/m)
    const plan = (await stepbox(['plan', '--format', 'json', 'busybox', 'echo', 'hi'], { root }))
      .out
    const names = (JSON.parse(plan) as { call: string }[]).map(({ call }) => call)
    const traced = err
      .split('\n---')[0]
      ?.split('\n')
      .map((line) => /^ *\d+ (\w+)\(/.exec(line)?.[1])
    const called = /^(ioctl|sendmsg|capset|setrlimit|open_tree|move_mount)_.*/
    const others = new Map([
      ['netlink_socket', 'socket'],
      ['rtnetlink', 'sendto'],
      ['spawn', 'execve'],
    ])
    const inKernel = names.map((name) => others.get(name) ?? name.replace(called, '$1'))
    expect(traced).toEqual(inKernel)
  })

  test('is told before the container says anything, in one place too', async (context) => {
    needs(context, 'root')
    const said = inOnePipe(`run --trace sh -c 'echo out; echo err >&2'`, scratch())
    const lines = said.split('\n')
    const at = (wanted: RegExp) => lines.findIndex((line) => wanted.test(line))
    const order = [/^ *1 close_range/, /^22 execvpe/, /^out$/, /^err$/, /^---$/].map(at)
    expect(order).toEqual([0, 21, 22, 23, 24])
  })

  test('names calls as strace does, and prints masks in octal', async (context) => {
    needs(context, 'root')
    const args = ['--chapter', 'namespaces', 'run', '--trace', 'true']
    const { err } = await stepbox(args, { root: scratch() })
    expect(err).toMatch(/% {2}<0\.\d{6}> {4}1 {2}ioctl$/m)
    expect(err).toMatch(/^21 umask\(022\) = 0[0-7]* /m)
  })

  test('is whole lines on a terminal that the container has', async (context) => {
    needs(context, 'root', 'tmux')
    const screen = openTerminal({ STEPBOX_ROOT: await rootWithBusybox() }, 200, 100)
    screen.line(`node ${program} run --rm -it --trace busybox sh; echo code $?`)
    await screen.shows(/^\/ # *$/m)
    expect(screen.text()).toMatch(/^\d+ dup2\(7, 2\) = 2 <[\d.]+>\n\d+ \w+\(/m)
    screen.line('exit 4')
    await screen.shows(/^\d+ calls in [^]*^code 4$/m)
  }, 40_000)

  test('is refused beside another way to watch', async (context) => {
    needs(context, 'root')
    for (const other of [['--step'], ['--record', join(scratch(), 'walk.json')]]) {
      const args = ['--chapter', 'namespaces', 'run', '--trace', ...other, 'true']
      const { code, err } = await stepbox(args, { root: scratch() })
      expect(code).toBe(125)
      expect(err).toContain(`stepbox: --trace and ${other[0]} both watch every call: choose one`)
    }
  })
})

/** What `stepbox --chapter namespaces …` says when both of its outputs are one pipe. */
function inOnePipe(command: string, root: string): string {
  const globals = `--root ${root} --chapter namespaces`
  const line = `exec ${process.execPath} ${program} ${globals} ${command} 2>&1`
  return execFileSync('sh', ['-c', line], { encoding: 'utf8' })
}
