/** Tests. `run --step`: what a walk shows, undoing, the debugger by lines. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { layerDirs } from '../runtime/05-commit/layer/dirs.ts'
import { traitsOf, type Chapter, type Runtime } from '../runtime/chapter.ts'
import type { RunOptions } from '../runtime/container/run.ts'
import { resolve } from '../runtime/05-commit/store/store.ts'
import { changesBetween } from '../runtime/tools/walk/changes.ts'
import { mountLine, observe, type Observation } from '../runtime/tools/walk/observe.ts'
import { parseMountinfo } from '../runtime/mountinfo.ts'
import { draw } from '../runtime/tools/walk/screen.ts'
import { beginWalk } from '../runtime/tools/walk/walk.ts'
import { rootWithBusybox } from './busybox.ts'
import { rowsTo, runtimeOn } from './rows.ts'
import { needs } from './scratch.ts'
import { stepbox } from './stepbox.ts'

/** A walk's options for `chapter`, with all that the chapter knows. */
async function optionsFor(chapter: number, root: string): Promise<RunOptions> {
  const has = traitsOf(await rowsTo(chapter))
  const image = resolve(root, 'busybox')
  const layers = () => layerDirs(root, image)
  const [rootfs = '/'] = await layers()
  return {
    chapter,
    argv: ['sh', '-c', 'exit 7'],
    env: ['PATH=/usr/bin:/bin'],
    cwd: has.root === 'host' ? '/' : '/made/here',
    user: '1000:1000',
    limits: { memoryBytes: 64 * 2 ** 20, pidsMax: 50 },
    stdio: ['ignore', 'ignore', 'ignore'],
    ...(has.root === 'directory' ? { rootfs } : {}),
    ...(has.root === 'layers' ? { layers } : {}),
    ...(has.terminal ? { terminal: { rows: 24, columns: 80 } } : {}),
  }
}

describe.for(chapters)(
  'chapter $number',
  ({ number }) => {
    test('what each step shows is what /proc says', async (context) => {
      needs(context, 'root')
      const root = await rootWithBusybox()
      const runtime = await runtimeOn(root, number)
      const walk = await beginWalk(runtime, await optionsFor(number, root))
      for (let frame = await walk.advance(); frame; frame = await walk.advance()) {
        if (frame.index === walk.plan.length - 1) break
        expect(frame.report?.errno).toBe(walk.plan[frame.index]?.ignoring && frame.report?.errno)
        if (frame.state) expect(frame.state).toMatchObject(seenInProc(walk.pid))
      }
      expect((await walk.finish()).exitCode).toBe(7)
    })

    test('to quit before any step leaves nothing behind', async (context) => {
      needs(context, 'root')
      const root = await rootWithBusybox()
      const options = await optionsFor(number, root)
      const runtime = await runtimeOn(root, number)
      const { length } = await stepsOf(runtime, options)
      const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      for (let stop = 0; stop < length; stop++) {
        const walk = await beginWalk(runtime, options)
        while (walk.next < stop) await walk.advance(false)
        await walk.abandon()
        const { container } = await walk.finish()
        expect([stop, (container.groups ?? []).filter(existsSync)]).toEqual([stop, []])
        expect([stop, existsSync(`/proc/${walk.pid}`)]).toEqual([stop, false])
        for (const dir of ['containers', 'running', 'names', 'tmp'])
          expect([stop, dir, readdirSync(join(root, dir))]).toEqual([stop, dir, []])
      }
      expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(mounts)
    }, 60_000)
  },
)

async function stepsOf(runtime: Runtime, options: RunOptions) {
  const walk = await beginWalk(runtime, options)
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
    mounts: parseMountinfo(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).map(mountLine),
    membership: readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n'),
  }
}

describe('what the observer of a chapter sees', () => {
  const nice = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[18] ?? ''
  const observers = [
    { topic: 'scheduling', look: (pid: number) => ({ nice: nice(pid) }) },
    { topic: 'scheduling', look: (pid: number) => ({ limits: `${limitsOf(pid).length}` }) },
  ]
  const limitsOf = (pid: number) => readFileSync(`/proc/${pid}/limits`, 'utf8').split('\n')

  test('is part of each state, and its changes are shown', async (context) => {
    needs(context, 'root')
    const start = await observe(process.pid, { observers })
    expect(start?.more).toEqual({ scheduling: { nice: nice(process.pid), limits: '18' } })
    const after = { ...start, more: { scheduling: { nice: '5', extra: 'x' } } } as Observation
    expect(changesBetween(start as Observation, after)).toEqual([
      { topic: 'scheduling', sign: '~', text: `nice ${nice(process.pid)} → 5` },
      { topic: 'scheduling', sign: '-', text: 'limits 18' },
      { topic: 'scheduling', sign: '+', text: 'extra x' },
    ])
  })

  test('is read with each step of a walk', async (context) => {
    needs(context, 'root')
    const runtime = await runtimeOn(await rootWithBusybox(), 1)
    const row = { ...runtime.rows[0], tools: async () => ({ observers }) } as Chapter
    const options = await optionsFor(1, runtime.root)
    const walk = await beginWalk({ ...runtime, rows: [row] }, options)
    const frame = await walk.advance()
    await walk.abandon()
    expect(Object.keys(frame?.state?.more ?? {})).toEqual(['scheduling'])
  })
})

test('a recording without what observers saw can still be inspected', () => {
  const state = { namespaces: {}, membership: [], groups: {}, mounts: [], descriptors: {} }
  const start = { ...state, hostname: 'old', uidMap: '' } as unknown as Observation
  const text = (shown: Observation) =>
    draw({ ...blank, start: shown, isInspecting: true, scroll: 0 }).join('\n')
  expect(text(start)).toContain('hostname     old')
  const seen = { ...start, more: { rules: { 'tcp 80': 'open' } } }
  expect(text(seen)).toContain('rules        tcp 80 open')
})

const blank = { title: '', plan: [], next: 0, done: [], keys: [], rows: 24, columns: 80 }

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
    expect(err).toMatch(/^ended 0 \d+$/m)
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
