/** Tests. Step by step: the debugger on a real terminal, its page, and every way out of it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
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
    await screen.shows('code 5')
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
    await screen.shows('code 125')
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
    await screen.shows(/^ +descriptor +2 .*\n\n*─+\n ↑ ↓ scroll/m)
    screen.keys('Up')
    await screen.shows(/^ +descriptor +0 .*\n +… and 2 more/m)
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

test('nothing is cut off that a call says or changed, on any screen', () => {
  const long = 'write("/sys/fs/cgroup/memory/stepbox-0123456789/memory.limit_in_bytes", "67108864")'
  const why = 'more than this, and the kernel kills a process of the group (OOM)'
  const planned = { step: 1, chapter: 0, name: 'write', strace: long, why }
  const text = 'memory/stepbox-0123456789abcdef0123456789abcdef/memory.limit_in_bytes 67108864'
  const scene = {
    title: 'a walk',
    plan: [planned, planned],
    next: 1,
    done: [{ index: 0, changes: [{ topic: 'limit', sign: '+' as const, text }] }],
    start: {} as Observation,
    isInspecting: false,
    scroll: 0,
    keys: [],
    rows: 24,
  }
  for (const columns of [40, 60, 80, 120]) {
    const lines = draw({ ...scene, columns })
    expect(lines.filter((line) => line.length > columns)).toEqual([])
    for (const whole of [long, why, text]) expect(joined(lines.join(''))).toContain(joined(whole))
  }
})
