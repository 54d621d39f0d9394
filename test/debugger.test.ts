/** Tests. Step by step: the debugger on a real terminal, its page, and every way out of it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tryRead } from '../runtime/files.ts'
import { parseMountinfo } from '../runtime/mountinfo.ts'
import type { Observation } from '../runtime/tools/walk/observe.ts'
import { draw } from '../runtime/tools/walk/screen.ts'
import { rootWithBusybox } from './busybox.ts'
import { needs } from './scratch.ts'
import { program } from './stepbox.ts'
import { openTerminal, type Screen } from './tmux.ts'

describe('on a terminal', () => {
  test('keys walk, show what changed, and hand the terminal to the container', async (context) => {
    needs(context, 'root', 'tmux')
    const screen = openTerminal({ STEPBOX_ROOT: await rootWithBusybox() })
    screen.line(`node ${program} run --rm -it --step busybox sh; echo code $?`)
    await screen.shows(/▶ +1 {2}close_range/)
    screen.keys('n')
    await screen.shows(/✓ +1 {2}close_range/)
    screen.keys('r')
    await screen.shows('run to which line or call?')
    screen.line('sethostname')
    await screen.shows(/▶ +\d+ {2}sethostname/)
    screen.keys('n')
    await screen.shows(/~ hostname +\S+ → [0-9a-f]{12}/)
    screen.keys('i')
    await screen.shows(/namespace +uts \d{10}/)
    screen.keys('c')
    await screen.shows('/ #')
    screen.line('tty; stty size')
    await screen.shows(/\/dev\/pts\/0\s+30 100/)
    screen.line('exit 5')
    expect(await screen.shows('code 5')).toMatch(/^stepbox: it ran for [\d.]+ s, exit code 5$/m)
    screen.line('stty -a | tr " " "\\n" | grep -c -x -e icanon -e echo')
    await screen.shows(/^2$/m)
  }, 40_000)

  test('a shell in the half-built container sees it, and gives back the keys', async (context) => {
    needs(context, 'root', 'tmux')
    const screen = openTerminal({ STEPBOX_ROOT: await rootWithBusybox() })
    screen.line(`node ${program} run --rm --step -h halfway busybox true; echo code $?`)
    await screen.shows('▶')
    await runTo(screen, 'umount2')
    screen.keys('s')
    await screen.shows('half-built#')
    screen.line('hostname; echo pid $$; [ -d /../boot ] && echo the host is on top')
    await screen.shows(/halfway\s+pid [2-9]\s+the host is on top/)
    screen.line('exit')
    await screen.shows(/▶ +\d+ {2}umount2/)
    screen.keys('n')
    await screen.shows(/- mount +\/ /)
    screen.keys('q')
    expect(await screen.shows('code 125')).not.toContain('tty process group')
  }, 40_000)

  test("the shell has neither the caller's terminal nor its descriptors", async (context) => {
    needs(context, 'root', 'tmux', 'perl')
    const screen = openTerminal({ STEPBOX_ROOT: await rootWithBusybox() })
    screen.line('exec 7< /etc/passwd 40< /etc/passwd; tty; cat /proc/self/cgroup | md5sum')
    const [, tty] = /(\/dev\/pts\/\d+)/.exec(await screen.shows(/pts[^]* {2}-$/m)) ?? []
    screen.line(`clear; node ${program} run --rm --step -m 64m busybox true; echo code $?`)
    await screen.shows('▶')
    await runTo(screen, 'sethostname')
    screen.keys('s')
    await screen.shows('half-built#')
    screen.line('ls -l /proc/self/fd; echo that is all')
    const shown = await screen.shows(/^that is all/m)
    const open = [...shown.matchAll(/ -> (\S+)$/gm)].map(([, path]) => path)
    expect(open.slice(0, -1)).toEqual(Array(3).fill(expect.stringMatching('^/dev/pts/')))
    expect(open).not.toContain(tty)
    const isShell = (pid: string) => tryRead(`/proc/${pid}/cmdline`) === 'sh\0-i\0'
    const shells = readdirSync('/proc').filter(isShell)
    expect(shells.map((pid) => tryRead(`/proc/${pid}/cgroup`))).toContainEqual(
      expect.stringContaining('/stepbox-'),
    )
    const typed = 'for (split //, "#typed\\n") { ioctl(STDIN, 0x5412, $_) }'
    screen.line(`clear; perl -e '${typed}'`)
    await screen.shows(/^#typed/m)
    screen.line('exit')
    await screen.shows(/▶ +\d+ {2}sethostname/)
    screen.keys('q')
    expect(await screen.shows('code 125')).not.toContain('$ #typed')
  }, 40_000)

  test('what it shows is what /proc says, as it is at that moment', async (context) => {
    needs(context, 'root', 'tmux')
    const screen = openTerminal({ STEPBOX_ROOT: await rootWithBusybox() }, 80, 90)
    screen.line(`node ${program} run --rm --step -m 64m busybox true`)
    await screen.shows('▶')
    for (const stop of ['fork', 'sethostname', 'umount2', 'setsid']) {
      await runTo(screen, stop)
      screen.keys('i')
      const shown = await screen.shows('back to the list')
      const pid = Number(/ pid (\d+)$/m.exec(shown)?.[1])
      for (const fact of factsOf(pid)) expect(joined(shown)).toContain(joined(fact))
      screen.keys('i')
      await screen.shows('undo all')
    }
    screen.keys('q')
  }, 40_000)

  test('a page is drawn anew when the window changes, and scrolls to its end', async (context) => {
    needs(context, 'root', 'tmux')
    const screen = openTerminal({ STEPBOX_ROOT: await rootWithBusybox() }, 80, 24)
    screen.line(`node ${program} run --rm --step busybox true`)
    await screen.shows(drawnAt(80))
    screen.resize(110, 40)
    await screen.shows(drawnAt(110))
    screen.resize(70, 16)
    await screen.shows(drawnAt(70))
    screen.keys('i')
    await screen.shows('back to the list')
    screen.keys(...Array<string>(100).fill('Down'))
    await screen.shows(/^ +security +seccomp .*\n\n*─+\n ↑ ↓ scroll/m)
    screen.keys('Up')
    await screen.shows(/^ +signals +caught .*\n +… and 2 more/m)
  }, 40_000)

  const ways = ['q', 'C-c', 'TERM', 'HUP']
  const options = { timeout: 40_000 }
  test.for(ways)('%s undoes all, and the terminal is as it was', options, async (way, context) => {
    needs(context, 'root', 'tmux')
    const root = await rootWithBusybox()
    const screen = openTerminal({ STEPBOX_ROOT: root })
    screen.line(`stty -g > ${root}/before; node ${program} run --step busybox true; echo code $?`)
    await screen.shows('▶')
    await runTo(screen, 'setsid')
    screen.keys('r')
    await screen.shows('run to which line or call?')
    const signal = { TERM: 143, HUP: 129 }[way]
    if (signal) process.kill(childOf(screen.shell), `SIG${way}`)
    else screen.keys('Escape', way)
    await screen.shows(`code ${signal ?? 125}`)
    screen.line(`stty -g | cmp - ${root}/before && echo same`)
    await screen.shows(/^same$/m)
    expect(screen.text()).not.toContain('▶')
    for (const dir of ['containers', 'running', 'names', 'tmp'])
      expect([dir, readdirSync(join(root, dir))]).toEqual([dir, []])
  })
})

/** Go on until `call` is next. */
async function runTo(screen: Screen, call: string): Promise<void> {
  screen.keys('r')
  await screen.shows('run to which line or call?')
  screen.line(call)
  await screen.shows(new RegExp(`▶ +\\d+  ${call}\\(`))
}

/** The beginning of a page: a rule that is as long as the window is wide, and no longer. */
function drawnAt(columns: number): RegExp {
  return new RegExp(`^ stepbox .*\\n─{${columns}}\\n [^─]`, 'm')
}

/** The first child of a shell. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0])
}

/** What was broken into several lines is whole again. */
function joined(text: string): string {
  return text.replaceAll(/\s/g, '')
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8').trim().split('\n')
}

/** What /proc says of process `pid`, in the order in which the page has it. */
function factsOf(pid: number): string[] {
  const link = (name: string) => readlinkSync(`/proc/${pid}/${name}`)
  const number = (text: string) => text.replace(/\D/g, '')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const inside = /^NSpid:.*\t(\d+)$/m.exec(status)?.[1]
  const kinds = readdirSync(`/proc/${pid}/ns`).filter((name) => !name.endsWith('_for_children'))
  return [
    `process ${pid} outside, ${inside} inside,`,
    `root ${link('root')} directory ${link('cwd')}`,
    `capabilities ${/^CapEff:\t(\w+)$/m.exec(status)?.[1]}`,
    `umask ${/^Umask:\t(\d+)$/m.exec(status)?.[1]}`,
    ...kinds.map((kind) => `namespace ${kind} ${number(link(`ns/${kind}`))}`),
    ...linesOf(`/proc/${pid}/cgroup`).map((each) => `group ${each}`),
    ...parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).map(
      (each) => `mount ${each.target} ${each.type} ${each.options} ${each.superOptions}`,
    ),
    `descriptor 0 ${link('fd/0')}`,
  ]
}

const blank = {
  title: 'a walk',
  done: [],
  start: {} as Observation,
  isInspecting: false,
  scroll: 0,
  keys: [['n', 'next'], ['s', 'shell'], ['q', 'quit, undo all']] as const,
  rows: 24,
  columns: 80,
}

test('what the last call changed and the next call with its reason are two halves', () => {
  const planned = (step: number, name: string) => {
    return { step, chapter: 0, name, strace: `${name}(…)`, why: `why ${name}` }
  }
  const plan = [planned(1, 'setsid'), planned(2, 'umask')]
  const change = { topic: 'session', sign: '~' as const, text: '5 → 7' }
  const text = draw({ ...blank, plan, next: 1, done: [{ index: 0, changes: [change] }] }).join('\n')
  const halves = /─ last call, 1 setsid: what it changed ─+\n +~ session +5 → 7\n[^]*\n/
  expect(text).toMatch(new RegExp(`${halves.source}─ next call, 2 umask: why .*\n +why umask\n`))
  expect(draw({ ...blank, plan, next: 0 }).join('\n')).toMatch(/─ no call is made yet ─/)
})

test('a small or narrow window keeps the next call, its reason and the key that quits', () => {
  const plan = Array.from({ length: 40 }, (_, at) => {
    const step = at + 1
    return { step, chapter: 0, name: 'fork', strace: `fork ${step}`, why: `why ${step}` }
  })
  for (const [columns, rows] of [[20, 24], [60, 10], [120, 9], [80, 24]] as const) {
    const lines = draw({ ...blank, plan, next: 20, columns, rows })
    expect(lines.length).toBeLessThanOrEqual(rows)
    expect(lines.filter((line) => line.length > columns)).toEqual([])
    expect(lines.join('\n')).toMatch(/▶ 21 {2}fork 21\n[^]*why 21\n/)
    expect(lines.at(-1)).toMatch(columns > 40 ? / s shell {2}q quit/ : / n {2}s {2}q$/)
  }
})

test('nothing is cut off that a call says or changed but the tail of an id, on any screen', () => {
  const long = 'write("/sys/fs/cgroup/memory/stepbox-0123456789/memory.limit_in_bytes", "67108864")'
  const why = 'more than this, and the kernel kills a process of the group (OOM)'
  const planned = { step: 1, chapter: 0, name: 'write', strace: long, why }
  const text = 'memory/stepbox-0123456789abcdef0123456789abcdef/memory.limit_in_bytes 67108864'
  const done = [{ index: 0, changes: [{ topic: 'limit', sign: '+' as const, text }] }]
  const scene = { ...blank, plan: [planned, planned], next: 1, done }
  for (const columns of [40, 60, 80, 120]) {
    const lines = draw({ ...scene, columns })
    expect(lines.filter((line) => line.length > columns)).toEqual([])
    const short = text.replace(/(?<=[0-9a-f]{12})[0-9a-f]{20}/, '…')
    for (const whole of [long, why, short]) expect(joined(lines.join(''))).toContain(joined(whole))
  }
})
