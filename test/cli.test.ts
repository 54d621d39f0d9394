/** Tests. What people type, mistakes included: one clear line, Docker's exit code. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importBusybox } from '../runtime/05-commit/busybox-image.ts'
import { rootWithBusybox } from './busybox.ts'
import { needs, onPath, scratch } from './scratch.ts'
import { program, stepbox } from './stepbox.ts'

/** What was typed, the exit code, and what the one line has to say. */
const mistakes: [args: string[], code: number, says: RegExp][] = [
  [[], 125, /Usage: stepbox/],
  [['frobnicate'], 125, /no command 'frobnicate'/],
  [['run'], 125, /too few arguments; usage: stepbox run/],
  [['run', 'nosuch', 'true'], 125, /no image named 'nosuch'; have: busybox:latest/],
  [['run', 'Busy Box', 'true'], 125, /'Busy Box'/],
  [['run', '--memory', '12x', 'busybox', 'true'], 125, /'12x' for --memory/],
  [['run', '-m', '1k', 'busybox', 'true'], 125, /'1k' for --memory.*6m/],
  [['run', '--cpus', 'half', 'busybox', 'true'], 125, /'half' for --cpus/],
  [['run', '--cpus', '10000', 'busybox', 'true'], 125, /--cpus/],
  [['run', '--pids-limit', 'many', 'busybox', 'true'], 125, /'many' for --pids-limit/],
  [['run', '--cpuset-cpus', '0-', 'busybox', 'true'], 125, /'0-' for --cpuset-cpus/],
  [['run', '--name', '../etc', 'busybox', 'true'], 125, /invalid name '\.\.\/etc'/],
  [['run', '-w', 'tmp', 'busybox', 'true'], 125, /invalid working directory 'tmp'/],
  [['run', '-w', '/a'.repeat(2048), 'busybox', 'true'], 125, /directory: 4096 bytes, over 4095$/m],
  [['run', '-w', `/${'a'.repeat(256)}`, 'busybox', 'true'], 125, /has over 255 bytes$/m],
  [['run', '-h', 'a\nb', 'busybox', 'true'], 125, /invalid hostname 'a/],
  [['run', '--network', 'brigde', 'busybox', 'true'], 125, /no network .*'brigde'; have: .*host/],
  [['run', '--frob', 'busybox', 'true'], 125, /unknown flag: --frob\nSee 'stepbox run --help'\.$/m],
  [['run', '-itz', 'busybox', 'true'], 125, /unknown shorthand flag: 'z' in -itz/],
  [['run', '--name'], 125, /flag needs an argument: --name/],
  [['run', '--rm=perhaps', 'busybox'], 125, /'perhaps' for --rm: true or false/],
  [['run', '-e', '=x', 'busybox', 'true'], 125, /invalid variable '=x'/],
  [['--chapter', 'namespaces', 'run', '-m', '64m', 'true'], 125, /--memory comes in chapter \d/],
  [['--chapter', 'cgroups', 'commit', 'a', 'b'], 125, /'commit' comes in chapter \d/],
  [['--chapter', 'frob', 'ps'], 125, /no chapter 'frob'; have: 1 to \d+\n/],
  [['ps', '--format', 'yaml'], 125, /invalid --format 'yaml': json, or a template/],
  [['rm', 'nosuch'], 1, /no container named 'nosuch'/],
  [['diff', 'nosuch'], 1, /no container named 'nosuch'/],
  [['rmi', 'nosuch'], 1, /no image named 'nosuch'/],
  [['history', 'nosuch'], 1, /no image named 'nosuch'/],
  [['inspect', 'nosuch'], 1, /nosuch/],
  [['commit', 'nosuch', 'name'], 1, /no container named 'nosuch'/],
]

describe('a mistake is one clear line, and touches nothing', () => {
  let root = ''
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'stepbox-'))
    if (onPath('busybox')) await importBusybox(root, onPath('busybox') ?? '')
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  test.for(mistakes)('stepbox %j', async ([args, code, says], context) => {
    needs(context, 'root')
    const before = everythingIn(root)
    const ended = await stepbox(args, { root })
    expect(ended.err).toMatch(says)
    expect(ended.err).not.toMatch(/ {4}at /)
    expect(ended.code).toBe(code)
    expect(everythingIn(root)).toEqual(before)
  })
})

test('a working directory of 300 levels is made in one call, and entered', async (context) => {
  needs(context, 'root')
  const deep = '/a'.repeat(300)
  const root = await rootWithBusybox()
  const trace = await stepbox(['run', '--rm', '--trace', '-w', deep, 'busybox', 'pwd'], { root })
  expect(trace).toMatchObject({ code: 0, out: `${deep}\n` })
  expect(trace.err.match(/mkdir\("\/a/g)).toHaveLength(1)
})

test('what is cancelled by .. in a working directory is not made', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  const args = ['run', '--rm', '-w', '/nope/../tmp/', 'busybox', 'sh', '-c', 'pwd; ls -d /nope']
  expect(await stepbox(args, { root })).toMatchObject({ out: '/tmp\n' })
})

describe('a command that cannot be executed', () => {
  test('127 when there is none of that name', async (context) => {
    needs(context, 'root')
    const { code, err } = await stepbox(['run', 'busybox', 'nosuch'], {
      root: await rootWithBusybox(),
    })
    expect([code, err]).toEqual([127, expect.stringContaining('execvpe("nosuch", …) = ENOENT')])
  })

  test('126 when it is a directory, plain text, or for another processor', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const rootfs = join(scratch(), 'rootfs')
    for (const name of ['bin', 'proc', 'sys', 'dev'])
      mkdirSync(join(rootfs, name), { recursive: true })
    writeFileSync(join(rootfs, 'bin/plain'), 'text')
    writeFileSync(join(rootfs, 'bin/other'), foreignProgram())
    chmodSync(join(rootfs, 'bin/other'), 0o755)
    for (const command of ['/bin/plain', '/bin', '/bin/other']) {
      const args = ['--chapter', 'pivot-root', 'run', '--rm', rootfs, command]
      const ended = await stepbox(args, { root })
      expect([command, ended.code]).toEqual([command, 126])
    }
  })

  test('nothing is kept of a container whose command never ran', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    await stepbox(['run', '--name', 'never', 'busybox', 'nosuch'], { root })
    expect((await stepbox(['ps', '-aq'], { root })).out).toBe('')
    expect(readdirSync(join(root, 'containers'))).toEqual([])
  })
})

describe('words and bytes', () => {
  test('arguments arrive byte for byte, also those that are not UTF-8', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const words = [
      Buffer.from('a  b'),
      Buffer.from(''),
      Buffer.from('"\'$x'),
      Buffer.of(0xff, 0xfe, 0x41),
    ]
    const script = Buffer.from('for word; do printf "[%s]" "$word"; done')
    const line = [Buffer.from('run --rm busybox sh -c').toString().split(' ')].flat()
    const quoted = [...line.map((each) => Buffer.from(each)), script, Buffer.from('sh'), ...words]
    const shell = Buffer.concat([
      Buffer.from(`exec '${process.execPath}' '${program}'`),
      ...quoted.map((word) => Buffer.concat([Buffer.from(" '"), escaped(word), Buffer.from("'")])),
    ])
    const { stdout } = spawnSync('/bin/sh', [], {
      input: shell,
      env: { ...process.env, STEPBOX_ROOT: root },
    })
    const expected = words.map((word) => Buffer.concat([Buffer.from('['), word, Buffer.from(']')]))
    expect(stdout).toEqual(Buffer.concat(expected))
  })

  test('standard input may end while output goes on', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const ended = await stepbox(['run', '--rm', '-i', 'busybox', 'cat'], { root, input: 'hi\n' })
    expect(ended).toMatchObject({ code: 0, out: 'hi\n', err: '' })
  })

  test('without -i there is nothing to read', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const ended = await stepbox(['run', '--rm', 'busybox', 'cat'], { root, input: 'hi\n' })
    expect(ended).toMatchObject({ code: 0, out: '' })
  })

  test('-it, -ti and -i -t are the same, and need a terminal', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    for (const flags of [['-it'], ['-ti'], ['-i', '-t']]) {
      const ended = await stepbox(['run', '--rm', ...flags, 'busybox', 'true'], { root, input: '' })
      expect(ended).toMatchObject({
        code: 125,
        err: expect.stringContaining('-it needs a terminal'),
      })
    }
  })

  test('a directory of the host as standard input is refused', async (context) => {
    needs(context, 'root')
    const root = await rootWithBusybox()
    const line = `exec '${process.execPath}' '${program}' run --rm -i busybox ls < /etc`
    const ended = spawnSync('/bin/sh', ['-c', line], {
      env: { ...process.env, STEPBOX_ROOT: root },
    })
    expect([ended.status, String(ended.stderr)]).toEqual([
      125,
      expect.stringContaining('a way out'),
    ])
  })
})

test('a limit of open files that is too low is named, with what raises it', async (context) => {
  needs(context, 'root')
  const root = await rootWithBusybox()
  const line = `ulimit -n 30; exec '${process.execPath}' '${program}' run --rm busybox true`
  const env = { ...process.env, STEPBOX_ROOT: root }
  const ended = spawnSync('/bin/sh', ['-c', line], { env, encoding: 'utf8' })
  expect(ended.status).toBe(125)
  const [failed, , cause] = ended.stderr.split('\n')
  expect(failed).toMatch(/^stepbox: supervise\(.* = EMFILE$/)
  expect(cause).toMatch(/30 files.*ulimit -n 1024$/)
})

describe('two data roots', () => {
  test('never touch each other', async (context) => {
    needs(context, 'root')
    const [one, two] = [await rootWithBusybox(), await rootWithBusybox()]
    await stepbox(['run', '--name', 'same', 'busybox', 'true'], { root: one })
    const ended = await stepbox(['run', '--name', 'same', 'busybox', 'true'], { root: two })
    expect(ended).toMatchObject({ code: 0, err: '' })
    await stepbox(['rm', 'same'], { root: two })
    expect((await stepbox(['ps', '-a'], { root: one })).out).toContain('same')
  })
})

function everythingIn(root: string): string[] {
  if (!existsSync(root)) return []
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** An ELF header for a processor that this machine is not (AArch64, or x86-64 there). */
function foreignProgram(): Buffer {
  const header = Buffer.alloc(64)
  header.write('\x7fELF\x02\x01\x01', 'latin1')
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18)
  return header
}

function escaped(word: Buffer): Buffer {
  return Buffer.from(word.toString('latin1').replaceAll("'", "'\\''"), 'latin1')
}
