/** Tests. `run --record` and `replay`: a walk as a file, printed and on a terminal. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseRecording } from '../runtime/tools/walk/recording.ts'
import { rootWithBusybox } from './busybox.ts'
import { needs, scratch } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'
import { openTerminal } from './tmux.ts'

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
    await stepbox(['--chapter', 'namespaces', 'run', '--record', file, 'true'], { root })
    const screen = openTerminal({})
    screen.line(`node ${program} replay ${file}; echo code $?`)
    await screen.shows('0 of 22 calls made')
    screen.keys('n', 'n', 'n')
    await screen.shows('3 of 22 calls made')
    screen.keys('b')
    await screen.shows('2 of 22 calls made')
    screen.keys('-H', '1b', '5b')
    screen.keys('-H', '42')
    await screen.shows('3 of 22 calls made')
    screen.keys('G')
    await screen.shows('22 of 22 calls made')
    screen.keys('q')
    await screen.shows('code 0')
  }, 40_000)

  test('has the fields that ARCHITECTURE.md tells of, and no others', async (context) => {
    needs(context, 'root')
    const file = join(scratch(), 'walk.json')
    await stepbox(['--chapter', 'namespaces', 'run', '--record', file, 'true'], { root: scratch() })
    const { plan, frames, ...rest } = parseRecording(readFileSync(file, 'utf8'))
    const changes = frames.flatMap((frame) => frame.changes)
    const objects = [rest, rest.chapter, ...plan, ...frames, ...changes]
    const fields = new Set(['plan', 'frames', 'ignoring', 'errno', ...objects.flatMap(Object.keys)])
    const paper = readFileSync(join(import.meta.dirname, '../ARCHITECTURE.md'), 'utf8')
    const [, told = ''] = /```\n(\{ "stepbox"[^]*?)```/.exec(paper) ?? []
    const names = [...told.matchAll(/"(\w+)"(?=[:,?]| \})/g)].map(([, name = '']) => name)
    expect(new Set(names.filter((name) => name !== 'recording'))).toEqual(fields)
  })

  test('is printed on a terminal too, if its output goes elsewhere', async (context) => {
    needs(context, 'root', 'tmux')
    const file = join(scratch(), 'walk.json')
    const root = scratch()
    await stepbox(['--chapter', 'namespaces', 'run', '--record', file, 'true'], { root })
    const screen = openTerminal({})
    screen.line(`node ${program} replay ${file} | grep -c unshare; echo code $?`)
    await screen.shows(/^2\ncode 0$/m)
    screen.line(`TERM=dumb node ${program} replay ${file} | tail -n 1`)
    await screen.shows(/^exit 0$/m)
    screen.line(`clear; TERM=dumb node ${program} replay ${file}`)
    await screen.shows(/^exit 0$/m)
    screen.resize(60, 10)
    screen.line(`clear; node ${program} replay ${file}`)
    await screen.shows(/ q quit$/m)
    screen.keys('x')
    await screen.shows(" 'x' is no key here; have: n b g G i q")
    screen.keys('q')
  }, 40_000)

  test('that cannot be written is said before anything is made', async (context) => {
    needs(context, 'root')
    const [root, dir] = [scratch(), scratch()]
    for (const [file, code] of [[dir, 'EISDIR'], [join(dir, 'none/walk.json'), 'ENOENT']]) {
      const made = join(dir, 'made')
      const args = ['--chapter', 'namespaces', 'run', '--record', `${file}`, 'touch', made]
      const said = `stepbox: cannot write the recording to '${file}': ${code}\n`
      expect(await stepbox(args, { root })).toMatchObject({ code: 125, err: said })
    }
    expect([readdirSync(root), readdirSync(dir)]).toEqual([[], []])
  })

  test('of another kind or version is refused in one line', async (context) => {
    needs(context, 'root')
    const { code, err } = await stepbox(['replay', program], { root: '/nowhere' })
    expect([code, err]).toEqual([1, 'stepbox: this file is not a recording of stepbox\n'])
    expect(() => parseRecording('{"stepbox":"recording","version":2}')).toThrow(/version 2/)
  })
})
