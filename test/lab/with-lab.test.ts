/** Tests. `--lab`: the learner's list where the reference's would be. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { rootWithBusybox } from '../busybox.ts'
import { chapters } from '../../chapters/table.ts'
import { rowsUpTo } from '../../runtime/chapter.ts'
import { planFileOf } from '../../runtime/lab/course.ts'
import { rowOf } from '../rows.ts'
import { needs, scratch } from '../scratch.ts'
import { stepbox } from '../stepbox.ts'
import { asNobody } from './nobody.ts'
import { labIn, workspaceFor } from './workspaces.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const file = 'runtime/03-pivot-root/root.ts'

/** A workspace of chapter 3 with the solution, changed by `change`. */
async function solved(root: string, change: (text: string) => string = (text) => text) {
  const dir = await workspaceFor(chapter)
  await labIn(dir, ['solve'], { root })
  const path = join(dir, file)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
  return dir
}

/** Puts `code` at the beginning of bind(). */
const inBind = (code: string) => (text: string) =>
  text.replace(/(export function bind[^{]*\{)/, `$1\n  ${code}`)

const { number: chapter } = await rowOf('pivot-root')
/** The first chapter with a further list that a learner has a part in, and what it is called. */
const [further = 0, name = ''] = (await rowsUpTo(chapters, Infinity)).flatMap(({ number, lists }) =>
  Object.entries(lists ?? {}).flatMap(([list, { source }]) => (source ? [number, list] : [])),
) as [number?, string?]
const ownStep = "return [{ chapter: 0, call: ['chdir', '/mine'], why: 'mine' }]"

describe('with --lab', () => {
  test("plan prints the learner's list", async () => {
    const root = await rootWithBusybox()
    const dir = await solved(root, inBind(ownStep))
    const before = await stepbox(['--lab', dir, 'plan', 'busybox', 'sh'], { root })
    expect([before.code, before.err]).toEqual([0, ''])
    expect(before.out).toContain('chdir("/mine")')
    const after = await stepbox(['plan', '--lab', dir, 'busybox', 'sh'], { root })
    expect(after.out).toBe(before.out)
  })

  test("of a further list, plan prints the learner's, and diff compares it", async (context) => {
    needs(context, 'root', 'unshare')
    const root = await rootWithBusybox()
    const dir = await workspaceFor(further)
    const plan = () => stepbox(['--lab', dir, 'plan', name], { root })
    const diff = () => labIn(dir, ['diff', '--plan'], { root })
    const [mine, theirs] = [await plan(), await stepbox(['plan', name], { root })]
    expect([mine.code, theirs.code]).toEqual([0, 0])
    expect(mine.out.length).toBeLessThan(theirs.out.length)
    expect((await diff()).out).toMatch(new RegExp(`^plan ${name}$[^]*^- `, 'm'))
    await labIn(dir, ['solve'], { root })
    expect((await plan()).out).toBe(theirs.out)
    expect(await diff()).toMatchObject({ code: 0 })
  })

  test('plan does so without root', async (context) => {
    needs(context, 'root', 'setpriv')
    const root = scratch()
    const dir = await solved(root, inBind(ownStep))
    chmodSync(join(dir, '..'), 0o755)
    const { code, out } = asNobody(['--lab', dir, 'plan', 'busybox', 'sh'], join(root, 'none'))
    expect([code, out]).toEqual([0, expect.stringContaining('chdir("/mine")')])
    const text = readFileSync(join(dir, file), 'utf8')
    writeFileSync(join(dir, file), inBind("throw new Error('oh')")(text))
    const failed = asNobody(['--lab', dir, 'plan', 'busybox', 'sh'], join(root, 'none'))
    expect(failed.err).toMatch(/Error: oh\n {2}\S*\/runtime\/03-pivot-root\/root\.ts:\d+\n$/)
  })

  test("the chapter is the workspace's, or a lower one that is named", async () => {
    const [dir, root] = [await workspaceFor(chapter), await rootWithBusybox()]
    const typed = (...args: string[]) => stepbox(['--lab', dir, ...args], { root })
    expect((await typed('--help')).code).toBe(0)
    expect((await typed('--chapter', 'namespaces', 'plan', 'sh')).out).not.toContain('cgroup/')
    const above = await typed('--chapter', 'overlay', 'plan', 'busybox')
    expect([above.code, above.err]).toEqual([125, expect.stringContaining(`have: 1 to ${chapter}`)])
    const commit = await typed('commit', 'x', 'y')
    const { number: later } = await rowOf('commit')
    expect(commit.err).toContain(`'commit' comes in chapter ${later}; this is chapter ${chapter}`)
  })

  test("run carries the learner's list out, traced, stepped and recorded", async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const dir = await solved(root)
    const file = join(scratch(), 'walk')
    const run = (...flags: string[]) => ['--lab', dir, 'run', '--rm', ...flags, 'busybox']
    const script = 'ls /; echo out > /made; cat /made'
    const plain = await stepbox([...run(), 'sh', '-c', script], { root })
    expect([plain.code, plain.err]).toEqual([0, ''])
    expect(plain.out).toMatch(/^bin\n[^]*out\n$/)
    const traced = await stepbox([...run('--trace'), 'true'], { root })
    expect(traced.err).toMatch(/pivot_root\("\.", "\."\) = 0/)
    const input = 'to pivot_root\nquit\n'
    const stepped = await stepbox([...run('--step'), 'true'], { root, input })
    expect(stepped.err).toMatch(/^next \d+ pivot_root/m)
    expect((await stepbox([...run('--record', file), 'true'], { root })).code).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ chapter: { number: chapter } })
  })

  test('a failing call is explained as any other', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const dir = await solved(root, inBind('return []'))
    const { code, err } = await stepbox(['--lab', dir, 'run', 'busybox', 'true'], { root })
    expect(code).toBe(125)
    expect(err).toMatch(/pivot_root\("\.", "\."\) = EINVAL[^]*not a mount point/)
  })
})

describe('a mistake in the list never harms the host', () => {
  test('where nothing is mounted, the files of the host are read-only', async (context) => {
    needs(context, 'root')
    const [root, place] = [await rootWithBusybox(), scratch()]
    const dir = await workspaceFor(chapter) // its starter exchanges no root
    const script = `touch ${place}/made; echo x > /proc/sys/kernel/panic; umount -a; echo ran`
    const { out } = await stepbox(['--lab', dir, 'run', 'busybox', 'sh', '-c', script], { root })
    expect(out).toContain('ran')
    expect(existsSync(join(place, 'made'))).toBe(false)
  })

  test('a line that would write elsewhere is refused before anything is made', async (context) => {
    needs(context, 'root')
    const [root, place] = [await rootWithBusybox(), scratch()]
    const call = `['write', '${place}/made', 'x']`
    const dir = await solved(root, inBind(`return [{ chapter: 0, call: ${call}, why: '' }]`))
    mkdirSync(join(place, 'there'))
    const { code, err } = await stepbox(['--lab', dir, 'run', 'busybox', 'true'], { root })
    expect([code, err]).toEqual([125, expect.stringContaining('would change the host: write(')])
    expect(existsSync(join(place, 'made'))).toBe(false)
  })
})

describe('a planner that gives no list', () => {
  const mistakes: [name: string, code: string, says: RegExp][] = [
    ['throws', "throw new TypeError('oh no')", /TypeError: oh no\n {2}\S*\/root\.ts:\d+\n$/],
    ['loops', 'for (;;);', /does it loop/],
    ['is no TypeScript', 'const = 1', /\n {2}\S*\/root\.ts:\d+\n$/],
    ['returns something else', "return [{ call: 'pivot' }] as never", /step \d+/],
  ]
  test.for([
    ['is empty', 'return []', 'your list is empty'],
    ['has no command', "return [{ chapter: 0, call: ['chdir', '/'], why: '' }]", 'no execvpe'],
  ])('because it %s, does not wait for a command', async ([, code, says], context) => {
    needs(context, 'root')
    const { number: first } = await rowOf('cgroups')
    const [root, dir] = [scratch(), await workspaceFor(first)]
    const path = join(dir, planFileOf(await rowOf('cgroups')))
    const text = readFileSync(path, 'utf8')
    expect(text).toContain('return []')
    writeFileSync(path, text.replace('return []', code ?? ''))
    const ended = await stepbox(['--lab', dir, 'run', 'true'], { root })
    expect([ended.code, ended.err]).toEqual([125, expect.stringContaining(says ?? '')])
  })

  test.for(mistakes)('because it %s says why, and where', async ([, code, says], context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const dir = await solved(root, inBind(code))
    const ended = await stepbox(['--lab', dir, 'run', 'busybox', 'true'], { root })
    expect([ended.code, ended.out]).toEqual([125, ''])
    expect(ended.err).toMatch(says)
    expect(ended.err.trimEnd().split('\n').length).toBeLessThanOrEqual(3)
  })
})

test('without --lab nothing of the lab is loaded', () => {
  const pack = readFileSync(join(import.meta.dirname, '../../dist/main.cjs'), 'utf8')
  expect(pack).toContain('pivot_root')
  expect(pack).not.toContain('learners-modules.js')
  expect(pack).not.toContain('.stepbox/')
})
