/** Tests. Lists as users of Docker want them: templates, filters, the second spellings. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importArchive } from '../runtime/05-commit/import.ts'
import { tarOf } from '../chapters/05-commit/handmade.ts'
import { rootWithBusybox } from './busybox.ts'
import { needs, scratch } from './scratch.ts'
import { stepbox } from './stepbox.ts'

/** A data root with two containers that have ended, and what prints a line of it. */
async function withTwo(context: Parameters<typeof needs>[0]) {
  needs(context, 'root', 'overlay')
  const root = await rootWithBusybox()
  await stepbox(['run', '--name', 'one', '-m', '64m', 'busybox', 'true'], { root })
  const script = 'echo 12345 > /x; exit 3'
  await stepbox(['run', '--name', 'two', 'busybox', 'sh', '-c', script], { root })
  return async (...args: string[]) => {
    const { code, out, err } = await stepbox(args, { root })
    return code === 0 ? out : `${code} ${err}`
  }
}

async function* chunks(tar: Buffer) {
  yield tar
}

/** A data root with images: an old one with a label, a new one, one without a name. */
async function withImages(): Promise<(...args: string[]) => Promise<string>> {
  const root = join(scratch(), 'root')
  const put = (name: string | undefined, created: string, changes: string[] = []) =>
    importArchive(root, chunks(tarOf({ [created]: 'x' })), {
      ...(name ? { name } : {}),
      ...{ message: 'made', changes, created, architecture: 'amd64' },
    })
  await put('old:v1', '2020-01-01T00:00:00Z', ['LABEL team=red'])
  await put('new:v1', '2026-01-01T00:00:00Z')
  await put('new:v2', '2026-02-01T00:00:00Z')
  await put(undefined, '2023-01-01T00:00:00Z')
  return async (...args) => {
    const { code, out, err } = await stepbox(args, { root })
    return code === 0 ? out : `${code} ${err}`
  }
}

describe('ps', () => {
  test('filters by any of the values of a key, and by all keys', async (context) => {
    const lines = await withTwo(context)
    const names = (...filters: string[]) =>
      lines('ps', '-a', '--format', '{{.Names}}', ...filters.flatMap((each) => ['-f', each]))
    expect(await names('name=o')).toBe('two\none\n')
    expect(await names('name=^one$')).toBe('one\n')
    expect(await names('exited=3')).toBe('two\n')
    expect(await names('exited=3', 'exited=0')).toBe('two\none\n')
    expect(await names('exited=3', 'name=one')).toBe('')
    expect(await names('ancestor=busybox', 'before=two')).toBe('one\n')
    expect(await names('since=one')).toBe('two\n')
    expect(await names('status=running')).toBe('')
    expect(await names('label=none')).toBe('')
    expect(await names('foo=1')).toMatch(/^125 .*invalid --filter 'foo=1': KEY=VALUE with ancestor/)
    expect(await names('status=bad')).toMatch(/^125 .*created, restarting, running/)
  })

  test('shows the newest, whole ids and sizes if it is asked to', async (context) => {
    const lines = await withTwo(context)
    expect(await lines('ps', '-l', '--format', '{{.Names}}')).toBe('two\n')
    expect(await lines('ps', '-n', '1', '--format', '{{.Names}}')).toBe('two\n')
    expect(await lines('ps', '-aq', '--no-trunc')).toMatch(/^(\w{64}\n){2}$/)
    expect(await lines('ps', '-as')).toMatch(/SIZE\n.*6B \(virtual \d.*MB\)\n.*0B \(virtual/)
    const table = 'table {{.ID}}\\t{{.Names}}\\t{{.Label "x"}}'
    expect(await lines('ps', '-a', '--format', table)).toMatch(
      /^CONTAINER ID {3}NAMES {3}x\n\w{12} {3}two\n\w{12} {3}one\n$/,
    )
    const [row = ''] = (await lines('ps', '-a', '--format', '{{json .}}')).split('\n')
    expect(JSON.parse(row)).toMatchObject({ Names: 'two', State: 'exited', Networks: 'bridge' })
    expect(await lines('ps', '-a', '--format', '{{.Nmes}}')).toContain('did you mean Names?')
  })
})

describe('inspect', () => {
  test("has Docker's names beside ours", async (context) => {
    const lines = await withTwo(context)
    const state = '{{with .State}}{{.Status}} {{.ExitCode}} {{.OOMKilled}} {{.Pid}}{{end}}'
    const asked = `{{.Name}} ${state}`
    expect(await lines('inspect', '-f', asked, 'two')).toBe('/two exited 3 false 0\n')
    const config = '{{.Config.Image}} {{.Config.Cmd}} {{.HostConfig.Memory}} {{len .Id}}'
    expect(await lines('inspect', '-f', config, 'one')).toBe('busybox:latest [true] 67108864 64\n')
    const upper = await lines('inspect', '-f', '{{.GraphDriver.Data.UpperDir}}', 'one')
    expect(upper).toMatch(/\/containers\/\w{64}\/upper\n$/)
    expect(await lines('inspect', '-s', '-f', '{{.SizeRw}}', 'two')).toBe('6\n')
    expect(JSON.parse(await lines('inspect', 'two'))).toMatchObject([{ name: 'two', exitCode: 3 }])
  })

  test('looks for one type only if it is named, by flag or by first word', async (context) => {
    const lines = await withTwo(context)
    for (const args of [['inspect', '--type', 'image'], ['image', 'inspect']])
      expect(await lines(...args, 'one')).toMatch(/^1 .*no image named 'one'/)
    for (const args of [['inspect', '--type', 'container'], ['container', 'inspect']])
      expect(await lines(...args, 'busybox')).toMatch(/^1 .*no container named 'busybox'/)
    expect(await lines('inspect', '--type', 'frog', 'one')).toMatch(/^125 .*unknown type 'frog'/)
  })
})

describe('images', () => {
  test('filters by reference, label, age and whether there is a name', async () => {
    const lines = await withImages()
    const names = (...args: string[]) =>
      lines('images', '--format', '{{.Repository}}:{{.Tag}}', ...args)
    expect(await names()).toBe('new:v2\nnew:v1\n<none>:<none>\nold:v1\n')
    expect(await names('new')).toBe('new:v2\nnew:v1\n')
    expect(await names('n*:v1')).toBe('new:v1\n')
    expect(await names('-f', 'reference=o*')).toBe('old:v1\n')
    expect(await names('-f', 'dangling=true')).toBe('<none>:<none>\n')
    expect(await names('-f', 'dangling=false', '-f', 'label=team=red')).toBe('old:v1\n')
    expect(await names('-f', 'label=team=blue')).toBe('')
    expect(await names('-f', 'before=new:v1')).toBe('<none>:<none>\nold:v1\n')
    expect(await names('-f', 'since=new:v1')).toBe('new:v2\n')
    expect(await names('-f', 'frog=1')).toMatch(/^125 .*before, dangling, label, reference, since/)
  })

  test('prune asks, then removes what has no name, or with -a what nothing uses', async () => {
    const lines = await withImages()
    const names = () => lines('images', '--format', '{{.Repository}}:{{.Tag}}')
    const asked = await lines('image', 'prune')
    expect(asked).toMatch(/^WARNING! This will remove all dangling images\.\nAre .* \[y\/N\] /)
    expect(await names()).toContain('<none>')
    expect(await lines('image', 'prune', '-f')).toMatch(
      /^Deleted Images:\ndeleted: sha256:\w{64}\n[^]*\nTotal reclaimed space: 1B\n$/,
    )
    expect(await names()).toBe('new:v2\nnew:v1\nold:v1\n')
    await lines('image', 'prune', '-a', '-f', '--filter', 'until=2021-01-01')
    expect(await names()).toBe('new:v2\nnew:v1\n')
    expect(await lines('image', 'prune', '-a', '-f')).toContain('untagged: new:v1\n')
    expect(await names()).toBe('')
  })

  test('of an empty store say how to get one', async () => {
    const root = join(scratch(), 'root')
    const { code, out, err } = await stepbox(['images'], { root })
    expect([code, out]).toEqual([0, 'REPOSITORY   TAG   IMAGE ID   CREATED   SIZE\n'])
    expect(err).toContain('stepbox import --busybox')
    expect(await stepbox(['images', '-q'], { root })).toMatchObject({ code: 0, out: '', err: '' })
  })
})

test('history is for people, or exact', async () => {
  const lines = await withImages()
  expect(await lines('history', 'old:v1')).toMatch(/^IMAGE +CREATED +CREATED BY +SIZE +COMMENT\n/)
  const exact = await lines('history', '--human=false', '--no-trunc', 'old:v1')
  expect(exact).toMatch(/CREATED AT.*\nsha256:\w{64} +2020-01-01T00:00:00Z +1 +made\n$/)
  expect(await lines('history', '-q', 'old:v1')).toMatch(/^\w{12}\n$/)
})

test("info and version say what is true, by Docker's names", async (context) => {
  const lines = await withTwo(context)
  const asked = '{{.Containers}} {{.ContainersStopped}} {{.Images}} {{.Driver}} {{.OSType}}'
  expect(await lines('info', '-f', asked)).toBe('2 2 1 overlay2 linux\n')
  expect(await lines('info')).toMatch(/^ Containers: 2\n {2}Running: 0\n[^]* Driver: overlay2\n/)
  expect(await lines('version')).toMatch(/^Client:\n Version: +\d/)
  expect(await lines('version', '-f', '{{.Client.Version}}')).toMatch(/^\d+\.\d+\.\d+\n$/)
})

test('container and image are a second way to write commands', async (context) => {
  const lines = await withTwo(context)
  for (const word of ['ls', 'list', 'ps'])
    expect(await lines('container', word, '-aq')).toBe(await lines('ps', '-aq'))
  for (const word of ['ls', 'list'])
    expect(await lines('image', word, '-q')).toBe(await lines('images', '-q'))
  expect(await lines('container', 'run', '--rm', 'busybox', 'echo', 'hi')).toBe('hi\n')
  expect(await lines('container', 'rm', 'one')).toBe('one\n')
  expect(await lines('container', 'strat')).toContain("did you mean 'container start'?")
  expect(await lines('container', 'export', 'two')).toMatch(/'container export' comes in/)
  expect(await lines('image', 'frob')).toMatch(/no command 'image frob'; have: ls, list/)
})
