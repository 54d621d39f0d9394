/**
 * Tests. A chapter that arrives adds its folders and a row, and its call a line to each table of
 * calls. An imaginary one is added to a copy of the checkout, which is built, checked and used.
 */
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { addCall, addChapter, checkout, copied, envOf, folderOf, made } from './imagined.ts'
import { needs } from './scratch.ts'
import { start, stepbox as stepboxAt, type Ended } from './stepbox.ts'

const { number: last = 0, slug: lastSlug = '' } = chapters.at(-1) ?? {}
const chapter = { number: last + 1, slug: 'imaginary' }
const folder = folderOf(chapter)
const slowMs = 400_000

interface Built {
  copy: string
  /** What diff(1) says of the checkout and the copy, before anything was made in it. */
  differences: string[]
}

let built: Built | undefined
let remove = () => {}
afterAll(() => remove())

/** The copy with the imaginary chapter, set up; made by the first test that asks for it. */
function copyFor(context: TestContext): Built {
  needs(context, 'root', 'overlay', 'diff', 'cc')
  if (built) return built
  const copy = copied()
  remove = () => rmSync(copy, { recursive: true, force: true })
  addChapter(copy, chapter)
  addCall(copy, chapter)
  const differences = differencesTo(copy)
  execFileSync(process.execPath, ['runtime/setup/setup.mjs'], { cwd: copy, env: envOf(copy) })
  return (built = { copy, differences })
}

function differencesTo(copy: string): string[] {
  const excluded = made.flatMap((name) => ['-x', name])
  const found = outputOf('diff', ['-rq', ...excluded, checkout, copy])
  return found.replaceAll(`${checkout}/`, '').replaceAll(`${copy}/`, '').trim().split('\n').sort()
}

/** Of a program that ends with 1 when it has something to say. */
function outputOf(file: string, args: string[]): string {
  try {
    return execFileSync(file, args, { encoding: 'utf8' })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

/** The program and the data root of the copy. */
function settingOf({ copy }: Built) {
  return { path: join(copy, 'dist/stepbox.cjs'), root: join(copy, 'dist/data') }
}

function stepbox(from: Built, args: string[], input = ''): Promise<Ended> {
  return stepboxAt(args, { ...settingOf(from), input })
}

/** Tests of the copy, run there. Gives what vitest says when one fails. */
function failuresOf({ copy }: Built, args: string[]): Promise<string> {
  const vitest = join(checkout, 'node_modules/vitest/vitest.mjs')
  const all = [vitest, 'run', '-c', 'test/vitest.config.ts', '--reporter=dot', ...args]
  return outputOfFailed(all, { copy })
}

/** What node with these arguments prints in the copy if it fails; empty if it does not. */
function outputOfFailed(args: string[], { copy }: Pick<Built, 'copy'>): Promise<string> {
  const run = promisify(execFile)(process.execPath, args, { cwd: copy, env: envOf(copy) })
  return run.then(
    () => '',
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  )
}

const nice = ['awk', '{ print $19 }', '/proc/self/stat']

describe('a chapter that arrives', () => {
  test('edits nothing but the table of chapters and the tables of calls', (context) => {
    expect(copyFor(context).differences).toEqual([
      'Files chapters/table.ts and chapters/table.ts differ',
      'Files native/calls.c and native/calls.c differ',
      'Files runtime/call-table.ts and runtime/call-table.ts differ',
      'Files runtime/calls.ts and runtime/calls.ts differ',
      `Only in chapters: ${folder}`,
      `Only in native: ${folder}.c`,
      `Only in runtime: ${folder}`,
    ])
  }, slowMs)

  test('keeps the rules of the house, types among them', async (context) => {
    expect(await failuresOf(copyFor(context), ['test/tidy'])).toBe('')
  }, slowMs)

  test('has promises, consequences, misconceptions and tests, which hold', async (context) => {
    const files = ['promises', 'every-line', 'break'].map((name) => `test/${name}.test.ts`)
    const args = [...files, `chapters/${folder}`, '-t', `chapter ${chapter.number}`]
    expect(await failuresOf(copyFor(context), args)).toBe('')
  }, slowMs)

  test('has a lab: its checks know right from wrong', async (context) => {
    const copy = copyFor(context)
    const tsx = join(checkout, 'node_modules/tsx/dist/cli.mjs')
    const args = [tsx, 'test/lab/check.ts', '--update', String(chapter.number)]
    expect(await outputOfFailed(args, copy)).toBe('')
    const course = ['test/lab/course.test.ts', '-t', `chapter ${chapter.number} `]
    expect(await failuresOf(copy, course)).toBe('')
    expect(await failuresOf(copy, ['test/lab/sentences.test.ts'])).toBe('')
  }, slowMs)

  test('says all that it says in Chinese, too', async (context) => {
    const copy = copyFor(context)
    expect(await failuresOf(copy, ['test/chinese/catalogues.test.ts'])).toBe('')
    const { out } = await stepbox(copy, ['plan', '--lang', 'zh', '--imaginary', '7', 'busybox'])
    expect(out).toContain('时间不够时，让别人先用')
  }, slowMs)

  test('has a line in the plan, and a container that keeps to it', async (context) => {
    const copy = copyFor(context)
    const plan = await stepbox(copy, ['plan', '--imaginary', '7', 'busybox', 'true'])
    expect(plan.out).toContain(`${chapter.number} setpriority(PRIO_PROCESS, 0, 7)`)
    const run = await stepbox(copy, ['run', '--rm', '--imaginary', '7', 'busybox', ...nice])
    expect(run).toMatchObject({ code: 0, out: '7\n', err: '' })
  }, slowMs)

  test('has its moments in the life of a container, in order', async (context) => {
    const copy = copyFor(context)
    const log = join(copy.copy, 'dist/imaginary.log')
    const setting = { ...settingOf(copy), env: { IMAGINARY_LOG: log } }
    await stepboxAt(['run', '--name', 'mayfly', 'busybox', 'true'], setting)
    await stepboxAt(['rm', 'mayfly'], setting)
    const moments = readFileSync(log, 'utf8').trim().split('\n')
    expect(moments.filter((each) => each !== 'recover')).toEqual([
      'prepare',
      'started',
      'ended',
      'removed',
    ])
    expect(moments).toContain('recover')
  }, slowMs)

  test('has a command, a column, and fields of the state', async (context) => {
    const copy = copyFor(context)
    await stepbox(copy, ['run', '--name', 'dreamer', '--imaginary', '7', 'busybox', 'true'])
    const { out } = await stepbox(copy, ['ps', '-a'])
    expect(out).toMatch(/^CONTAINER ID .* NICE +NAMES$/m)
    expect(out).toMatch(/ 7 +dreamer$/m)
    const inspect = await stepbox(copy, ['inspect', 'dreamer'])
    expect(JSON.parse(inspect.out)).toMatchObject([
      { imaginary: { level: 7, pid: 0 }, wasNice: true },
    ])
    expect((await stepbox(copy, ['list-imaginary'])).out).toBe('dreamer\n')
    await stepbox(copy, ['rm', 'dreamer'])
  }, slowMs)

  test('is seen by doctor, reset, x-ray and --step, and explains its failures', async (context) => {
    const copy = copyFor(context)
    const json = async (...args: string[]): Promise<unknown> =>
      JSON.parse((await stepbox(copy, [...args, '--format', 'json'])).out)
    expect(await json('doctor')).toMatchObject({
      capabilities: expect.arrayContaining([
        expect.objectContaining({ name: 'imaginary', state: 'yes', chapters: [chapter.number] }),
      ]),
    })
    expect((await stepbox(copy, ['doctor'])).out).toContain('imaginary things')
    writeFileSync(join(settingOf(copy).root, 'imaginary.left'), '')
    expect(await json('reset', '--dry-run')).toContainEqual(
      expect.objectContaining({ kind: 'imaginary', done: false }),
    )
    await stepbox(copy, ['reset'])
    const flags = ['run', '--rm', '--imaginary', '7']
    const walk = ['to setpriority', 'next', 'inspect', 'continue'].join('\n')
    const { err } = await stepbox(copy, [...flags, '--step', 'busybox', 'true'], walk)
    expect(err).toMatch(/^change ~ imaginary nice -?\d+ → 7$/m)
    expect(err).toMatch(/^state .*"imaginary":\{"nice":"7"\}/m)
    const failed = await stepbox(copy, ['run', '--imaginary', '7:4194305', 'busybox', 'true'])
    expect(failed.code).toBe(125)
    expect(failed.err).toContain('setpriority(PRIO_PROCESS, 4194305, 7)')
    expect(failed.err).toContain('process 4194305 is not there')
    const words = [...flags, '--name', 'x', 'busybox', 'sh', '-c', 'echo ready; sleep 60']
    const started = start(words, settingOf(copy))
    onTestFinished(() => void started.process.kill('SIGKILL'))
    await started.says('ready')
    expect(await json('x-ray', 'x')).toMatchObject({
      more: expect.arrayContaining([
        expect.objectContaining({ name: 'imaginary', container: '7' }),
      ]) as unknown,
    })
    await stepbox(copy, ['rm', '-f', 'x'])
  }, slowMs)

  test('is unknown to the chapter before it, by its words', async (context) => {
    const copy = copyFor(context)
    const before = ['--chapter', lastSlug]
    const words = `comes in chapter ${chapter.number}; this is chapter ${last}`
    const flag = await stepbox(copy, [...before, 'run', '--imaginary', '7', 'busybox', 'true'])
    expect(flag).toMatchObject({ code: 125, err: expect.stringContaining(`--imaginary ${words}`) })
    const command = await stepbox(copy, [...before, 'list-imaginary'])
    expect(command.err).toContain(`'list-imaginary' ${words}`)
  }, slowMs)

  test('has its lists of peers and of skips read', async (context) => {
    const { copy } = copyFor(context)
    const script = `import { tablesNamed } from './runtime/setup/made.mjs'
      console.log(['peers.json', 'allowed-skips.json'].flatMap((name) => tablesNamed(name)).join())`
    const args = ['--input-type=module', '-e', script]
    const out = execFileSync(process.execPath, args, { cwd: copy, encoding: 'utf8' })
    expect(out).toContain(`chapters/${folder}/peers.json`)
    expect(out).toContain(`chapters/${folder}/allowed-skips.json`)
  }, slowMs)
})
