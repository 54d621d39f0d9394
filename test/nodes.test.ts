/** Tests. The program, and the planners' tests, under the versions of Node that readers have. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, type TestContext } from 'vitest'
import { needs, scratch } from './scratch.ts'
import { program } from './stepbox.ts'

const checkout = join(import.meta.dirname, '..')
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '-c', 'test/vitest.config.ts']
const versions = JSON.parse(readFileSync(join(import.meta.dirname, 'nodes.json'), 'utf8')) as object

describe.each(Object.entries(versions))('under Node %s', (major, version) => {
  const node = join(checkout, 'dist/nodes/node_modules', `node-${major}`, 'bin/node')

  /** Run it on arguments of Node's. Gives its exit code, and what it printed on both outputs. */
  const run = (args: string[], env: Record<string, string> = {}) => {
    const { PATH = '', TMPDIR = '/tmp' } = process.env
    const options = { encoding: 'utf8', cwd: checkout, env: { PATH, TMPDIR, ...env } } as const
    const { status, stdout, stderr } = spawnSync(node, args, options)
    return { status, out: stdout, err: stderr }
  }
  const isThere = (context: TestContext) => {
    if (!existsSync(node)) context.skip(`blocked: no Node ${major} in dist/nodes`)
    expect(run(['--version']).out).toBe(`v${version}\n`)
  }

  test('a container is planned, runs, and becomes an image that runs', (context) => {
    needs(context, 'root', 'overlay')
    isThere(context)
    const root = join(scratch(), 'root')
    const stepbox = (...args: string[]) => run(['--', program, ...args], { STEPBOX_ROOT: root })
    const done = { status: 0, err: '' }
    expect(stepbox('import', '--busybox')).toMatchObject(done)
    const asked = ['plan', '--format', 'json', 'busybox', 'true']
    const plan = stepbox(...asked)
    expect(plan).toMatchObject(done)
    const own = { encoding: 'utf8', env: { ...process.env, STEPBOX_ROOT: root } } as const
    const here = spawnSync(process.execPath, ['--', program, ...asked], own)
    const anyNode = (text: string) => text.replaceAll(/"[^"]*\/node\b/g, '"node') // that settles
    expect(anyNode(plan.out)).toBe(anyNode(here.stdout))
    const script = 'echo one > /word; echo said'
    const ran = stepbox('run', '--name', 'one', 'busybox', 'sh', '-c', script)
    expect(ran).toEqual({ ...done, out: 'said\n' })
    expect(stepbox('commit', 'one', 'one:1')).toMatchObject(done)
    expect(stepbox('images', '--format', '{{.Repository}}').out).toBe('one\nbusybox\n')
    expect(stepbox('run', '--rm', 'one:1', 'cat', '/word')).toEqual({ ...done, out: 'one\n' })
    expect(stepbox('run', '--rm', 'one:1', 'sh', '-c', 'exit 7')).toMatchObject({ status: 7 })
    expect(stepbox('rm', 'one')).toMatchObject(done)
  }, 60_000)

  test('the planners keep their tests', (context) => {
    needs(context)
    isThere(context)
    const chapters = readdirSync(join(checkout, 'chapters')).map((slug) => `chapters/${slug}`)
    const files = chapters.map((path) => `${path}/plan.test.ts`).filter((path) => existsSync(path))
    expect(files.length).toBeGreaterThan(2)
    expect(run([...vitest, ...files])).toMatchObject({ status: 0 })
  }, 120_000)

  test('layers in zstd are read, by zlib', (context) => {
    needs(context, 'zstd')
    isThere(context)
    expect(run(['-p', 'typeof zlib.createZstdDecompress']).out).toBe('function\n')
    const file = 'chapters/05-commit/odd-layouts.test.ts'
    expect(run([...vitest, file, '-t', 'zstd'])).toMatchObject({ status: 0 })
  }, 120_000)
})
