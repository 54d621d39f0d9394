/**
 * Tests. A chapter that arrives adds its folders and a row, and its call a line to each table of
 * calls. An imaginary one is added to a copy of the checkout, which is then built, checked and used.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test, type TestContext } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { rootWithBusybox } from './busybox.ts'
import { addCall, addChapter, checkout, copied, folderOf, made } from './imagined.ts'
import { needs } from './scratch.ts'
import { program } from './stepbox.ts'

const { number: last = 0, slug: lastSlug = '' } = chapters.at(-1) ?? {}
const chapter = { number: last + 1, slug: 'imaginary' }
const folder = folderOf(chapter)
const slowMs = 180_000

interface Built {
  copy: string
  /** What diff(1) says of the checkout and the copy, before anything was made in it. */
  differences: string[]
}

let built: Built | undefined

/** The copy with the imaginary chapter, set up; made by the first test that asks for it. */
function copyFor(context: TestContext): Built {
  needs(context, 'root', 'overlay', 'diff', 'cc')
  if (built) return built
  const copy = copied()
  addChapter(copy, chapter)
  addCall(copy, chapter)
  const differences = differencesTo(copy)
  execFileSync(process.execPath, ['runtime/setup/setup.mjs'], { cwd: copy, env: envOf(copy) })
  return (built = { copy, differences })
}

function envOf(copy: string): Record<string, string> {
  const { PATH = '', TMPDIR = '/tmp', HOME = '/root' } = process.env
  return { PATH, TMPDIR, HOME, STEPBOX_ROOT: join(copy, 'dist/data'), NO_COLOR: '1' }
}

function differencesTo(copy: string): string[] {
  const excluded = made.flatMap((name) => ['-x', name])
  const found = promisedOutput('diff', ['-rq', ...excluded, checkout, copy])
  return found.replaceAll(`${checkout}/`, '').replaceAll(`${copy}/`, '').trim().split('\n').sort()
}

/** Of a program that ends with 1 when it has something to say. */
function promisedOutput(file: string, args: string[]): string {
  try {
    return execFileSync(file, args, { encoding: 'utf8' })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

interface Said {
  code: number
  out: string
  err: string
}

/** Run the program of the copy. */
async function stepbox({ copy }: Built, args: string[], input = ''): Promise<Said> {
  const child = spawn(process.execPath, [join(copy, 'dist/stepbox.cjs'), ...args], {
    env: envOf(copy),
    stdio: 'pipe',
  })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()))
  child.stdin.end(input)
  const code = await new Promise<number>((resolve) => child.on('close', resolve))
  return { code, ...said }
}

/** Tests of the copy, run there. Gives what vitest says when one fails. */
async function failuresOf({ copy }: Built, args: string[]): Promise<string> {
  const vitest = join(checkout, 'node_modules/vitest/vitest.mjs')
  const all = [vitest, 'run', '-c', 'test/vitest.config.ts', '--reporter=dot', ...args]
  const run = promisify(execFile)(process.execPath, all, { cwd: copy, env: envOf(copy) })
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
      'Files runtime/calls.ts and runtime/calls.ts differ',
      `Only in ${join(built?.copy ?? '', 'chapters')}: ${folder}`,
      `Only in ${join(built?.copy ?? '', 'native')}: ${folder}.c`,
      `Only in ${join(built?.copy ?? '', 'runtime')}: ${folder}`,
    ])
  }, slowMs)

  test('keeps the rules of the house, types among them', async (context) => {
    expect(await failuresOf(copyFor(context), ['test/tidy'])).toBe('')
  }, slowMs)

  test('has its promises, consequences and misconceptions tested, and its own tests', async (context) => {
    const files = ['promises', 'every-line', 'break'].map((name) => `test/${name}.test.ts`)
    const args = [...files, `chapters/${folder}`, '-t', `chapter ${chapter.number}`]
    expect(await failuresOf(copyFor(context), args)).toBe('')
  }, slowMs)

  test('has a line in the plan, and a container that keeps to it', async (context) => {
    const copy = copyFor(context)
    const plan = await stepbox(copy, ['plan', '--imaginary', '7', 'busybox', 'true'])
    expect(plan.out).toContain(`${chapter.number} setpriority(PRIO_PROCESS, 0, 7)`)
    const run = await stepbox(copy, ['run', '--rm', '--imaginary', '7', 'busybox', ...nice])
    expect(run).toEqual({ code: 0, out: '7\n', err: '' })
  }, slowMs)

  test('has its moments in the life of a container, in order', async (context) => {
    const copy = copyFor(context)
    const root = ['--root', join(copy.copy, 'dist/life')]
    const rootfs = ['--chapter', 'namespaces', 'run', 'true']
    await stepbox(copy, [...root, ...rootfs]) // makes the root; knows nothing of the chapter
    execFileSync('cp', ['-a', join(copy.copy, 'dist/data/.'), join(copy.copy, 'dist/life')])
    const log = join(copy.copy, 'dist/life/imaginary.log')
    writeFileSync(log, '')
    await stepbox(copy, [...root, 'run', '--name', 'a', 'busybox', 'true'])
    await stepbox(copy, [...root, 'rm', 'a'])
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
    writeFileSync(join(envOf(copy.copy)['STEPBOX_ROOT'] ?? '', 'imaginary.left'), '')
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
    const started = spawn(
      process.execPath,
      [join(copy.copy, 'dist/stepbox.cjs'), ...flags, '--name', 'x', 'busybox', 'sh', '-c',
        'echo ready; sleep 60'],
      { env: envOf(copy.copy), stdio: ['ignore', 'pipe', 'inherit'] },
    )
    onTestFinished(() => void started.kill('SIGKILL'))
    await new Promise((resolve) => started.stdout.once('data', resolve))
    expect(await json('x-ray', 'x')).toMatchObject({
      more: [{ name: 'imaginary', container: '7' }],
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

/**
 * Processor time, because it is steadier than the clock on a machine that does other things as
 * well. `npm run bench` has the figure; here is only what would be seen if each start loaded more.
 */
test('with eleven chapters more, a cold start takes as long as before', async (context) => {
  needs(context, 'root', 'overlay', 'bash')
  const copy = copied({ withMade: true })
  for (let at = 1; at <= 11; at++) addChapter(copy, { number: last + at, slug: `imaginary${at}` })
  const STEPBOX_ROOT = await rootWithBusybox()
  mkdirSync(join(copy, 'dist'), { recursive: true })
  const bundling = `import { bundle, keepCompiled } from './runtime/setup/bundle.mjs'
    await bundle()
    await keepCompiled(true)`
  const env = { ...envOf(copy), STEPBOX_ROOT }
  const args = ['--input-type=module', '-e', bundling]
  execFileSync(process.execPath, args, { cwd: copy, env })
  const times: [few: number[], many: number[]] = [[], []]
  for (let round = 0; round < 21; round++)
    for (const at of round % 2 ? ([1, 0] as const) : ([0, 1] as const))
      times[at].push(cpuMs(at === 0 ? program : join(copy, 'dist/stepbox.cjs'), env))
  const [few, many] = times.map(median)
  expect((many ?? NaN) / (few ?? NaN)).toBeLessThan(1.1)
}, slowMs)

/** Of one cold `stepbox run`, and all that it starts, in user and system mode. */
function cpuMs(path: string, env: Record<string, string>): number {
  const script = `TIMEFORMAT='%3U %3S'; time '${process.execPath}' '${path}' run --rm busybox true`
  const text = execFileSync('bash', ['-c', `{ ${script}; } 2>&1`], { env, encoding: 'utf8' })
  const [user = NaN, system = NaN] = text.trim().split(' ').map(Number)
  return (user + system) * 1000
}

function median(times: number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? NaN
}
