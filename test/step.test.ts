/** Tests. Step by step: the debugger on a real terminal and by lines, recordings, undoing. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { layerDirs } from '../runtime/layer-dirs.ts'
import type { Chapter, RunOptions } from '../runtime/run.ts'
import { resolve } from '../runtime/store.ts'
import { mountsOf, type Observation } from '../runtime/walk/observe.ts'
import { parseRecording } from '../runtime/walk/recording.ts'
import { beginWalk } from '../runtime/walk/walk.ts'
import { rootWithBusybox } from './busybox.ts'
import { needs, scratch } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'
import { openTerminal } from './tmux.ts'

/** A walk's options for `chapter`, with all that the chapter knows. */
async function optionsFor(chapter: Chapter, root: string): Promise<RunOptions> {
  const image = resolve(root, 'busybox')
  const layers = () => layerDirs(root, image)
  const [rootfs = '/'] = await layers()
  return {
    chapter,
    root,
    argv: ['sh', '-c', 'exit 7'],
    env: ['PATH=/usr/bin:/bin'],
    cwd: chapter.number < 3 ? '/' : '/made/here',
    user: { uid: 1000, gid: 1000 },
    limits: { memoryBytes: 64 * 2 ** 20, pidsMax: 50 },
    stdio: ['ignore', 'ignore', 'ignore'],
    ...(chapter.number === 3 ? { rootfs } : {}),
    ...(chapter.number >= 4 ? { layers } : {}),
    ...(chapter.number >= 3 ? { terminal: { rows: 24, columns: 80 } } : {}),
  }
}

describe.for(chapters.map((chapter) => [chapter.number, chapter] as const))(
  'chapter %i',
  ([, chapter]) => {
    test('what each step shows is what /proc says', async (context) => {
      needs(context, 'root')
      const walk = await beginWalk(await optionsFor(chapter, await rootWithBusybox()))
      for (let frame = await walk.advance(); frame; frame = await walk.advance()) {
        if (frame.index === walk.plan.length - 1) break
        expect(frame.report?.errno).toBe(walk.plan[frame.index]?.ignoring && frame.report?.errno)
        if (frame.state) expect(frame.state).toMatchObject(seenInProc(walk.pid))
      }
      expect((await walk.result).exitCode).toBe(7)
    })

    test('to quit before any step leaves nothing behind', async (context) => {
      needs(context, 'root')
      const root = await rootWithBusybox()
      const options = await optionsFor(chapter, root)
      const { length } = await stepsOf(options)
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      for (let stop = 0; stop < length; stop++) {
        const walk = await beginWalk(options)
        while (walk.next < stop) await walk.advance(false)
        await walk.abandon()
        const { container } = await walk.result
        expect([stop, container.groups.filter(existsSync)]).toEqual([stop, []])
        expect([stop, existsSync(`/proc/${walk.pid}`)]).toEqual([stop, false])
        for (const dir of ['containers', 'running', 'names', 'tmp'])
          expect([stop, dir, readdirSync(join(root, dir))]).toEqual([stop, dir, []])
      }
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts)
    }, 60_000)
  },
)

async function stepsOf(options: RunOptions) {
  const walk = await beginWalk(options)
  await walk.abandon()
  return walk.plan
}

/** The same facts, read another way. */
function seenInProc(pid: number): Partial<Observation> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? ''
  return {
    pid,
    pidInside: Number(field('NSpid').split('\t').at(-1)),
    uid: field('Uid').split('\t')[0] ?? '',
    capabilities: field('CapEff'),
    umask: field('Umask'),
    root: readlinkSync(`/proc/${pid}/root`),
    cwd: readlinkSync(`/proc/${pid}/cwd`),
    mounts: mountsOf(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')),
    membership: readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n'),
  }
}

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
    screen.keys('r')
    await screen.shows('run to which line or call?')
    screen.line('umount2')
    await screen.shows(/▶ +\d+ {2}umount2/)
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

  test('Ctrl-C quits, and the terminal is as it was', async (context) => {
    needs(context, 'root', 'tmux')
    const root = await rootWithBusybox()
    const screen = openTerminal({ STEPBOX_ROOT: root })
    screen.line(`stty -g > ${root}/before; node ${program} run --step busybox true; echo code $?`)
    await screen.shows('▶')
    screen.keys('n', 'n', 'C-c')
    await screen.shows('code 125')
    screen.line(`stty -g | cmp - ${root}/before && echo same`)
    await screen.shows(/^same$/m)
    expect(readdirSync(join(root, 'containers'))).toEqual([])
  }, 40_000)
})

describe('by lines', () => {
  const walked = (root: string, input: string) =>
    stepbox(['run', '--rm', '--step', '-h', 'lines', 'busybox', 'echo', 'hi'], { root, input })

  test('next, to, inspect and continue go through the list', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const { code, out, err } = await walked(root, 'next\nto sethostname\nnext\ninspect\ncontinue\n')
    expect([code, out]).toEqual([0, 'hi\n'])
    expect(err).toMatch(/^next 1 close_range\(4, 4294967295, 0\)$/m)
    expect(err).toMatch(/^change ~ hostname \S+ → lines$/m)
    const state = /^state (.*)$/m.exec(err)?.[1] ?? ''
    expect(JSON.parse(state)).toMatchObject({ hostname: 'lines', pidInside: 1, uid: '0' })
    expect(err).toMatch(/^done \d+ 0 - \d+$/m)
  })

  test('a command that is not understood is said, and nothing is done', async (context) => {
    needs(context, 'root')
    const { err, code } = await walked(await rootWithBusybox(), 'jump\nto nowhere\nquit\n')
    expect(err).toMatch(/^error no command 'jump'/m)
    expect(err).toMatch(/^error no line or call 'nowhere'/m)
    expect(err).not.toMatch(/^done/m)
    expect(code).toBe(125)
  })
})

describe('a recording', () => {
  test('holds plan, results and states, and is replayed without root', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const file = join(scratch(), 'walk.json')
    const ended = await stepbox(
      ['run', '--rm', '--record', file, 'busybox', 'sh', '-c', 'exit 3'],
      { root },
    )
    expect(ended.code).toBe(3)
    const recording = parseRecording(readFileSync(file, 'utf8'))
    expect(recording.exitCode).toBe(3)
    expect(recording.frames.map(({ index }) => index)).toEqual(recording.plan.map((_, at) => at))
    const named = recording.frames.find(
      ({ index }) => recording.plan[index]?.name === 'sethostname',
    )
    expect(named?.state?.hostname).toMatch(/^[0-9a-f]{12}$/)
    const { out } = await stepbox(['replay', file], { root: '/nowhere' })
    expect(out).toContain(`${recording.plan[0]?.strace} = 0`)
    expect(out.trimEnd()).toMatch(/exit 3$/)
  })

  test('goes forward and backward on a terminal', async (context) => {
    needs(context, 'root', 'tmux')
    const root = await rootWithBusybox()
    const file = join(scratch(), 'walk.json')
    await stepbox(['--chapter', '1', 'run', '--record', file, 'true'], { root })
    const screen = openTerminal({})
    screen.line(`node ${program} replay ${file}; echo code $?`)
    await screen.shows('0 of 12 calls made')
    screen.keys('n', 'n', 'n')
    await screen.shows('3 of 12 calls made')
    screen.keys('b')
    await screen.shows('2 of 12 calls made')
    screen.keys('G')
    await screen.shows('12 of 12 calls made')
    screen.keys('q')
    await screen.shows('code 0')
  }, 40_000)

  test('of another kind or version is refused in one line', async (context) => {
    needs(context, 'root')
    const { code, err } = await stepbox(['replay', program], { root: '/nowhere' })
    expect([code, err]).toEqual([1, 'stepbox: this file is no recording of stepbox\n'])
    expect(() => parseRecording('{"stepbox":"recording","version":2}')).toThrow(/version 2/)
  })
})

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
    expect(traced).toEqual(names.map((name) => name.replace(/^(ioctl|sendmsg).*/, '$1')))
  })

  test('is told before the container says anything, in one place too', async (context) => {
    needs(context, 'root')
    const said = inOnePipe(`run --trace sh -c 'echo out; echo err >&2'`, scratch())
    const lines = said.split('\n')
    const at = (wanted: RegExp) => lines.findIndex((line) => wanted.test(line))
    const order = [/^ *1 close_range/, /^12 execvpe/, /^out$/, /^err$/, /^---$/].map(at)
    expect(order).toEqual([0, 11, 12, 13, 14])
  })

  test('names calls as strace does, and prints masks in octal', async (context) => {
    needs(context, 'root')
    const args = ['--chapter', '1', 'run', '--trace', 'true']
    const { err } = await stepbox(args, { root: scratch() })
    expect(err).toMatch(/% {2}<0\.\d{6}> {4}1 {2}ioctl$/m)
    expect(err).toMatch(/^11 umask\(022\) = 0[0-7]* /m)
  })

  test('is whole lines on a terminal that the container has', async (context) => {
    needs(context, 'root', 'tmux')
    const screen = openTerminal({ STEPBOX_ROOT: await rootWithBusybox() }, 200, 100)
    screen.line(`node ${program} run --rm -it --trace busybox sh; echo code $?`)
    await screen.shows(/^\/ # *$/m)
    expect(screen.text()).toMatch(/^63 dup2\(7, 2\) = 2 <[\d.]+>\n64 umask/m)
    screen.line('exit 4')
    await screen.shows(/^64 calls in [^]*^code 4$/m)
  }, 40_000)
})

/** What `stepbox --chapter 1 …` says when both of its outputs are one pipe. */
function inOnePipe(command: string, root: string): string {
  const line = `exec ${process.execPath} ${program} --root ${root} --chapter 1 ${command} 2>&1`
  return execFileSync('sh', ['-c', line], { encoding: 'utf8' })
}
