/** Tests. What a container shares with the host, seen from both sides. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { PlannedTree, Propagation } from '../../runtime/08-volumes/mounts.ts'
import type { Call } from '../../runtime/calls.ts'
import { conduct } from '../../runtime/tools/break/conduct.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { planner, rowsTo } from '../../test/rows.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { program, stepbox } from '../../test/stepbox.ts'
import { sharedRootfs, worldOf } from '../../test/world.ts'

/** A shared mount of the pretend machine. */
const before: Call[] = [
  ['mount', 'disk', '/mnt', 'tmpfs', [], null],
  ['mkdir', '/mnt/host', 0o755],
  ['mkdir', '/mnt/own', 0o755],
]

const directions: [Propagation, string][] = [
  ['rprivate', 'host: no, container: no'],
  ['rslave', 'host: yes, container: no'],
  ['rshared', 'host: yes, container: yes'],
]

describe('a mount that is made later, and appears on the other side', () => {
  test.for(directions)('%s: made on the %s', async ([propagation, expected], context) => {
    needs(context, 'root', 'overlay', 'mount-trees', 'nsenter')
    const volume: PlannedTree = {
      ...{ type: 'tree', source: '/mnt', target: '/given', isFile: false, isRecursive: true },
      ...{ readOnly: false, isWritableBelow: false, propagation },
    }
    const has = (pid: string, path: string) => `grep -q " ${path} " /proc/${pid}/mountinfo`
    const said = (name: string) => `&& echo ${name}: yes || echo ${name}: no`
    const inside = 'mount -t tmpfs late /given/own && echo ready; read line'
    const outside =
      'nsenter --target $machine --mount mount -t tmpfs late /mnt/host; ' +
      `${has('$first', '/given/host')} ${said('host')}; ` +
      `${has('$machine', '/mnt/own')} ${said('container')}`
    const rows = await rowsTo(8)
    const world = worldOf(await sharedRootfs(), inside)
    const plan = planner(rows.at(-1))({ ...world, volumes: [volume] })
    const see = { inside, outside, kept: '', broken: '' }
    expect((await conduct({ plan, see, before })).replaceAll('\n', ', ')).toBe(expected)
  })
})

/** A container's output, and its exit code if that is not 0. */
async function ran(root: string, flags: string[], script: string): Promise<string> {
  const words = ['run', '--rm', ...flags, 'busybox', 'sh', '-c', script]
  const { code, out, err } = await stepbox(words, { root })
  return code === 0 ? out : `${code}: ${out}${err}`
}

test('targets nest in any order, and a file takes the place of a file', async (context) => {
  needs(context, 'root', 'overlay', 'mount-trees')
  const root = await rootWithBusybox()
  const [top, below] = [scratch(), scratch()]
  mkdirSync(join(top, 'deep'))
  writeFileSync(join(below, 'file'), 'below\n')
  const flags = [`${below}/file:/top/deep/more/file`, `${below}:/top/deep/more`, `${top}:/top`]
  for (const order of [flags, flags.toReversed()]) {
    const volumes = order.flatMap((flag) => ['-v', flag])
    const script = 'ls /top/deep/more; cat /top/deep/more/file'
    expect(await ran(root, volumes, script)).toBe('file\nbelow\n')
  }
})

test('a link of the image leads to a place inside, be it there or not', async (context) => {
  needs(context, 'root', 'overlay', 'mount-trees')
  const root = await rootWithBusybox()
  const [source, outside] = [scratch(), scratch()]
  writeFileSync(join(source, 'file'), 'given\n')
  const make = [
    `ln -s ${outside}/new /link`,
    'ln -s ../../../../../../tmp /climbing',
    `ln -s ${outside}/file /tofile`,
    'ln -s /proc/1/root/tmp /magic',
    'ln -s proc /p; mkdir /d; ln -s ../p/../p/sys /d/below; ln -s /p /all',
  ]
  await stepbox(['run', '--name', 'maker', 'busybox', 'sh', '-c', make.join('; ')], { root })
  await stepbox(['commit', 'maker', 'linked'], { root })
  const run = (target: string, from: string, script: string) =>
    stepbox(['run', '--rm', '-v', `${from}:${target}`, 'linked', 'sh', '-c', script], { root })
  const out = async (...args: Parameters<typeof run>) => (await run(...args)).out
  expect(await out('/link', source, `cat ${outside}/new/file`)).toBe('given\n')
  expect(await out('/climbing', source, 'cat /tmp/file')).toBe('given\n')
  expect(await out('/tofile', join(source, 'file'), `cat ${outside}/file`)).toBe('given\n')
  const inProc = { '/magic': '/proc/1/root/tmp', '/d/below/kernel': '/proc/sys/kernel' }
  for (const [target, end] of Object.entries({ ...inProc, '/all': '/proc' })) {
    const { code, err } = await run(target, source, 'true')
    expect([code, err]).toEqual([125, expect.stringContaining(`it leads to ${end}, inside /proc`)])
  }
  expect(readdirSync(outside)).toEqual([])
})

test('read-only is read-only, from process 1 on and from an exec', async (context) => {
  needs(context, 'root', 'overlay', 'mount-trees')
  const root = await rootWithBusybox()
  const source = scratch()
  const write = (path: string) => `(: > ${path}) 2> /dev/null && echo written || echo refused`
  const flags = ['-d', '--name', 'box', '-v', `${source}:/given:ro`, '-v', `${source}:/other`]
  await stepbox(['run', ...flags, 'busybox', 'sleep', '1000'], { root })
  const { out } = await stepbox(
    ['exec', 'box', 'sh', '-c', `${write('/given/x')}; ${write('/other/y')}; ls /given`],
    { root },
  )
  await stepbox(['rm', '-f', 'box'], { root })
  expect(out).toBe('refused\nwritten\ny\n')
  expect(existsSync(join(source, 'y'))).toBe(true)
})

test('what is in a mount is in no diff and no commit, and outlives a start', async (context) => {
  needs(context, 'root', 'overlay', 'mount-trees')
  const root = await rootWithBusybox()
  const source = scratch()
  const script = 'echo once >> /given/file; echo own > /given2; cat /given/file'
  const run = ['run', '--name', 'box', '-v', `${source}:/given`, 'busybox', 'sh', '-c', script]
  const type = async (...words: string[]) => (await stepbox(words, { root })).out
  expect(await type(...run)).toBe('once\n')
  expect(await type('start', '-a', 'box')).toBe('once\nonce\n')
  expect((await type('diff', 'box')).trim().split('\n').sort()).toEqual(['A /given', 'A /given2'])
  await type('commit', 'box', 'saved')
  expect(await type('run', '--rm', 'saved', 'ls', '/given')).toBe('')
  expect(readFileSync(join(source, 'file'), 'utf8')).toBe('once\nonce\n')
})

describe('what is wrong is said in words', () => {
  const wrong: [cause: string, flags: (source: string) => string[]][] = [
    ['/etc is a directory, and SRC/file is a file', (source) => ['-v', `${source}/file:/etc`]],
    ['SRC is a directory, and /etc/passwd is a file', (source) => ['-v', `${source}:/etc/passwd`]],
    ['/etc/passwd is not a directory', (source) => ['-v', `${source}:/etc/passwd/x`]],
    [
      'a part of /etc/passwd/x is a file, not a directory',
      (source) => ['-v', `${source}/file:/etc/passwd/x`],
    ],
    [
      '/etc/passwd is a file, and a tmpfs takes the place of a directory',
      () => ['--tmpfs', '/etc/passwd'],
    ],
    [
      '/a/new would be made in a mount that is read-only: make it in its source first',
      (source) => ['-v', `${source}:/a:ro`, '-v', `${source}/file:/a/new`],
    ],
    [
      "a tmpfs does not understand all of 'size=x': size=64m and mode=1777 are valid",
      () => ['--tmpfs', '/a:size=x'],
    ],
    [
      'the volume has no directory part: make it there first',
      () => ['--mount', 'src=parts,dst=/a,volume-subpath=part'],
    ],
  ]
  test.for(wrong)('%s', async ([cause, flags], context) => {
    needs(context, 'root', 'overlay', 'mount-trees')
    const root = await rootWithBusybox()
    const source = scratch()
    writeFileSync(join(source, 'file'), '')
    const words = ['run', '--rm', ...flags(source), 'busybox', 'true']
    const { code, err } = await stepbox(words, { root })
    const told = err.split('\n')[2]?.trim().replaceAll(source, 'SRC')
    expect({ code, told }).toEqual({ code: 125, told: cause })
  })

  test('a directory or file of the host may have any name', async (context) => {
    needs(context, 'root', 'overlay', 'mount-trees')
    const root = await rootWithBusybox()
    const { cwd, file } = { cwd: scratch(), file: join(scratch(), 'script') }
    writeFileSync(
      file,
      `set -e; odd="$PWD/$(printf '\\377')"; mkdir "$odd"; echo kept >"$odd/f"
      "$@" -v "$odd/f:/f" -v "$odd/new:/new" -v "$odd:/dir:ro" busybox cat /f /dir/f
      ls -d "$odd/new" | wc -l; ls | wc -l`,
    )
    const words = [process.execPath, program, '--root', root, 'run', '--rm']
    const said = await promisify(execFile)('sh', [file, ...words], { cwd })
    expect(said.stdout.split(/\s+/)).toEqual(['kept', 'kept', '1', '1', ''])
  })

  test('a source that is gone when the container starts again', async (context) => {
    needs(context, 'root', 'overlay', 'mount-trees')
    const root = await rootWithBusybox()
    const source = join(scratch(), 'gone')
    const mount = `type=bind,src=${source},dst=/a`
    mkdirSync(source)
    await stepbox(['create', '--name', 'box', '--mount', mount, 'busybox', 'true'], { root })
    rmdirSync(source)
    const { code, err } = await stepbox(['start', '-a', 'box'], { root })
    expect(code).toBe(1)
    expect(err).toContain(`bind source path does not exist: ${source}`)
  })
})
