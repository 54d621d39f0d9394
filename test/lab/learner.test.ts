/** Tests. The lab's commands as a learner types them, in a workspace. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { columnsOf } from '../../runtime/columns.ts'
import { rootWithBusybox } from '../busybox.ts'
import { rowOf } from '../rows.ts'
import { needs, scratch } from '../scratch.ts'
import { asNobody } from './nobody.ts'
import { stepbox } from '../stepbox.ts'
import { labIn, labOf, workspaceFor } from './workspaces.ts'

/** A busy machine takes several times as long. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const { number: chapter } = await rowOf('pivot-root')
const file = 'runtime/03-pivot-root/root.ts'
const labPath = '.stepbox/lab.json'

const stateOf = (dir: string) => JSON.parse(readFileSync(join(dir, labPath), 'utf8'))

describe('lab test', () => {
  test('fails on the starter and passes on the solution, and says so', async (context) => {
    needs(context, 'root')
    const [dir, root] = [await workspaceFor(chapter), await rootWithBusybox()]
    const blank = await labIn(dir, ['test'], { root })
    expect([blank.code, blank.out]).toEqual([1, expect.stringContaining('✗')])
    await labIn(dir, ['solve'], { root })
    const solved = await labIn(dir, ['test'], { root })
    expect([solved.code, solved.err]).toEqual([0, ''])
    expect(solved.out).not.toContain('✗')
    expect(solved.out).toMatch(/\b0 failed; (\d+) of \1 points/)
    expect(stateOf(dir).chapter).toBe(chapter) // it does not go on by itself
  })

  test('explains a failure in 20 lines, with the command that shows it again', async (context) => {
    needs(context, 'root')
    const [dir, root] = [await workspaceFor(chapter), await rootWithBusybox()]
    const { out } = await labIn(dir, ['test', '-t', 'planner'], { root })
    const lines = out.slice(out.indexOf('\n✗') + 1).split('\n\n')[0]?.split('\n') ?? []
    expect(lines.length).toBeLessThanOrEqual(20)
    expect(lines.filter((line) => columnsOf(line) > 80)).toEqual([])
    const words = ['did', 'expected', 'saw', 'means', 'hint', 'again']
    expect(words.filter((word) => !lines.some((line) => line.trim().startsWith(word)))).toEqual([])
    const [, again = ''] = /again +\S.*stepbox(?:\.cjs)? (lab .*)/.exec(lines.join('\n')) ?? []
    const shown = await stepbox(again.split(' '), { root })
    expect(shown.code).toBe(1)
    expect(shown.out).toContain(lines[0])
    expect(shown.out.match(/^ {2}[✓✗]/gm)).toHaveLength(1)
  })

  test('says an error of the planner once, however many checks it breaks', async (context) => {
    needs(context, 'root')
    const [dir, root] = [await workspaceFor(chapter), await rootWithBusybox()]
    await labIn(dir, ['solve'], { root })
    const text = readFileSync(join(dir, file), 'utf8')
    const thrown = text.replace(/(function letGo[^{]*\{)/, "$1 throw new Error('oh')")
    writeFileSync(join(dir, file), thrown)
    const { code, out } = await labIn(dir, ['test', '--all', '-t', 'planner'], { root })
    expect(code).toBe(1)
    expect(out.match(/Error: oh/g)).toHaveLength(1)
    expect(out).toMatch(/root\.ts:\d+/)
  })

  test('names the function that throws, and its file', async (context) => {
    needs(context, 'root')
    const [dir, root] = [await workspaceFor(chapter), await rootWithBusybox()]
    const answers = 'chapters/03-pivot-root/lab/exercises.ts'
    const text = readFileSync(join(dir, answers), 'utf8')
    const thrown = text.replace(/(function mountsLeft[^{]*\{)/, "$1 throw new Error('oh')")
    writeFileSync(join(dir, answers), thrown)
    const { out } = await labIn(dir, ['test', '-t', 'mounts-left'], { root })
    expect(out.replaceAll(/\s+/g, ' ')).toContain(`did asked for mountsLeft in ${answers}`)
    expect(out).toContain('Error: oh')
  })

  test('exits with 2 for what is typed wrong, and names what there is', async () => {
    const [dir, root] = [await workspaceFor(chapter), scratch()]
    const wrong = ['test -t nothing', 'test 9', 'hint nothing', 'frob', 'test --x']
    for (const args of wrong.map((line) => line.split(' '))) {
      const { code, out, err } = await labIn(dir, args, { root })
      expect([args, code, out]).toEqual([args, 2, ''])
      expect(err).toMatch(/have: |did you mean|unknown flag/)
    }
    const none = await stepbox(['--lab', scratch(), 'lab'], { root })
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('no workspace')])
  })

  test('gives the verdicts as JSON', async (context) => {
    needs(context, 'root')
    const [dir, root] = [await workspaceFor(chapter), await rootWithBusybox()]
    const all = (await labOf(chapter)).checks.filter(({ exercise }) => exercise === 'planner')
    const { out } = await labIn(dir, ['test', '-t', 'planner', '--format', 'json'], { root })
    const { version, checks } = JSON.parse(out)
    expect([version, checks.length]).toEqual([1, all.length])
    expect(checks[0]).toMatchObject({ id: expect.any(String), status: 'fail', score: 0 })
  })
})

describe('lab', () => {
  test('alone says what fails next and what to type, from anywhere', async (context) => {
    needs(context, 'root')
    const [dir, root] = [await workspaceFor(chapter), await rootWithBusybox()]
    const { checks } = await labOf(chapter)
    await labIn(dir, ['test', '-t', checks[0]?.id ?? ''], { root })
    const answers = [
      await labIn(dir, [], { root }),
      await stepbox(['lab'], { root }), // the last one used
      await stepbox(['lab'], { root: scratch(), env: { STEPBOX_LAB: dir } }),
      await stepbox(['lab', '--lab', dir], { root: scratch() }),
    ]
    for (const { code, out } of answers) {
      expect(code).toBe(0)
      expect(out).toContain(`test -t ${checks[0]?.id}`)
      expect(out).toContain(file)
    }
  })

  test('lists exercises and checks with state and points', async (context) => {
    needs(context, 'root')
    const [dir, root] = [await workspaceFor(chapter), await rootWithBusybox()]
    await labIn(dir, ['solve'], { root })
    const before = await labIn(dir, ['list'], { root })
    await labIn(dir, ['test'], { root })
    const after = await labIn(dir, ['list'], { root })
    const { exercises, checks } = await labOf(chapter)
    for (const { id } of [...exercises, ...checks]) expect(after.out).toContain(id)
    expect([before.out.includes('✓'), after.out.includes('✓')]).toEqual([false, true])
    const status = JSON.parse((await labIn(dir, ['status', '--format', 'json'], { root })).out)
    expect(status).toMatchObject({ version: 1, chapter, next: null, isStale: false })
    expect(status.points).toBe(status.most)
    writeFileSync(join(dir, file), `${readFileSync(join(dir, file), 'utf8')}\n// more\n`)
    const stale = await labIn(dir, ['list'], { root })
    expect(stale.out).toContain('changed since they were judged')
    const colours = await labIn(dir, ['list'], { root, env: { FORCE_COLOR: '1' } })
    expect(colours.out).not.toBe(stale.out)
    expect(colours.out.replaceAll(/\x1b\[\d+m/g, '')).toBe(stale.out)
  })

  test('speaks Chinese where --lang or the locale asks for it', async () => {
    const [dir, root] = [await workspaceFor(chapter), scratch()]
    const typed = [
      await stepbox(['--lang', 'zh', '--lab', dir, 'lab'], { root }),
      await labIn(dir, ['--lang', 'zh'], { root }),
      await labIn(dir, [], { root, env: { LANG: 'zh_CN.UTF-8' } }),
    ]
    for (const { out } of typed) expect(out).toContain(`第 ${chapter} 章`)
    const english = await labIn(dir, ['--lang', 'en'], { root, env: { LANG: 'zh_CN.UTF-8' } })
    expect(english.out).toContain(`chapter ${chapter}`)
    const other = await labIn(dir, ['--lang', 'fr'], { root })
    expect([other.code, other.err]).toEqual([2, expect.stringContaining('en or zh')])
  })
})

describe('lab hint', () => {
  test('begins with what was observed, and opens one more each time', async (context) => {
    needs(context, 'root')
    const [dir, root] = [await workspaceFor(chapter), await rootWithBusybox()]
    const { checks, exercises } = await labOf(chapter)
    await labIn(dir, ['test', '-t', 'planner'], { root })
    const of = checks.find(({ id }) => stateOf(dir).results[`03/${id}`]?.status === 'fail')
    const exercise = exercises.find(({ id }) => id === of?.exercise)
    const { means } = stateOf(dir).results[`03/${of?.id}`].finding
    const hints = exercise?.hints.map(({ english }) => english) ?? []
    const texts: string[] = []
    for (const _ of ['seen', ...hints, 'one more']) {
      const { out } = await labIn(dir, ['hint', exercise?.id ?? ''], { root })
      texts.push(out.replace(/\s+/g, ' '))
    }
    const isShown = (text = '', hint = '') => text.includes(hint.replace(/\s+/g, ' ').slice(0, 60))
    expect(isShown(texts[0], means.english.split('{')[0])).toBe(true)
    hints.forEach((hint, at) => {
      const shown = [texts[at], texts[at + 1]].map((text) => isShown(text, hint))
      expect([at, shown]).toEqual([at, [false, true]])
    })
    expect(stateOf(dir).hints).toEqual({ [`03/${exercise?.id}`]: hints.length + 1 })
  })
})

describe('lab diff', () => {
  test('shows what was written, and nothing before', async () => {
    const [dir, root] = [await workspaceFor(chapter), scratch()]
    expect((await labIn(dir, ['diff'], { root })).out).toBe('no difference\n')
    writeFileSync(join(dir, file), `${readFileSync(join(dir, file), 'utf8')}// mine\n`)
    const { out } = await labIn(dir, ['diff'], { root })
    expect(out.split('\n').filter((line) => /^[+-][^+-]/.test(line))).toEqual(['+// mine'])
  })

  test('of the plan names calls that are missing or misplaced, and shows no code', async () => {
    const [dir, root] = [await workspaceFor(chapter), scratch()]
    const blank = await labIn(dir, ['diff', '--plan'], { root })
    expect(blank.code).toBe(1)
    expect(blank.out).toMatch(/^- pivot_root\(".", "."\)$/m)
    expect(blank.out).not.toMatch(/step\(\[|function/)
    await labIn(dir, ['solve'], { root })
    const same = await labIn(dir, ['diff', '--plan'], { root })
    expect(same.code).toBe(0)
    expect(same.out).toContain('your list is the reference')
    const text = readFileSync(join(dir, file), 'utf8')
    const swap = /(function pivotRoot[^]*?\n {2}\])/
    writeFileSync(join(dir, file), text.replace(swap, '$1.toReversed()'))
    const swapped = await labIn(dir, ['diff', '--plan'], { root })
    expect(swapped.out).toContain('missing: 0, extra: 0, out of order: 1')
  })

  test('of the solution asks first', async () => {
    const [dir, root] = [await workspaceFor(chapter), scratch()]
    const refused = await labIn(dir, ['diff', '--solution'], { root, input: 'n\n' })
    expect([refused.code, refused.out.includes('umount2')]).toEqual([1, false])
    const agreed = await labIn(dir, ['diff', '--solution'], { root, input: 'y\n' })
    expect([agreed.code, agreed.out.includes('umount2')]).toEqual([0, true])
  })
})

describe('lab solve and reset', () => {
  test('save what was there, and undo brings it back byte for byte', async () => {
    const [dir, root] = [await workspaceFor(chapter), scratch()]
    const path = join(dir, file)
    const bytes = () => readFileSync(path)
    const starter = bytes()
    const own = Buffer.concat([starter, Buffer.from('// \xff mine\r\n', 'latin1')])
    writeFileSync(path, own)
    await labIn(dir, ['solve'], { root })
    const solution = bytes()
    await labIn(dir, ['reset'], { root })
    expect(bytes().equals(starter)).toBe(true)
    await labIn(dir, ['undo'], { root })
    expect(bytes().equals(solution)).toBe(true)
    writeFileSync(path, 'written after that')
    const { out } = await labIn(dir, ['undo'], { root })
    expect(bytes().equals(own)).toBe(true)
    const [, kept = ''] = /(\.stepbox\/undone\/\d+)/.exec(out) ?? []
    expect(readFileSync(join(dir, kept, file), 'utf8')).toBe('written after that')
    expect(await labIn(dir, ['undo'], { root })).toMatchObject({ code: 1 })
  })
})

test('an ordinary user is told what is missing: exit code 3, blocked', async (context) => {
  needs(context, 'root', 'setpriv')
  const dir = await workspaceFor(chapter)
  chmodSync(join(dir, '..'), 0o755)
  const root = join(scratch(), 'root')
  mkdirSync(root)
  const { code, err } = asNobody(['--lab', dir, 'lab', 'test'], root)
  expect([code, err]).toEqual([3, expect.stringContaining('needs root')])
})
