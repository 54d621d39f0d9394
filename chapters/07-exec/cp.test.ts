/** Tests. cp where Docker is no measure: states, odd files, what a stream holds, and words. */
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type TestContext } from 'vitest'
import { tarEnd, tarHeader } from '../../runtime/05-commit/tar/write.ts'
import { rootWithBusybox } from '../../test/busybox.ts'
import { needs, scratch } from '../../test/scratch.ts'
import { stepbox } from '../../test/stepbox.ts'

async function place(context: TestContext, ...needed: string[]) {
  needs(context, 'root', 'overlay', 'openat2', 'mount-setattr', ...needed)
  const root = await rootWithBusybox()
  const dir = scratch()
  /** What is printed, or the error and the exit code. */
  const typed = async (line: string, ...more: string[]) => {
    const { code, out, err } = await stepbox([...line.split(' '), ...more], { root, cwd: dir })
    return code === 0 && err === '' ? out.trim() : `${err}${code}`
  }
  return { root, dir, typed, at: (name: string) => join(dir, name) }
}

test('paused, ended or never started, a container has its files', async (context) => {
  const { typed, at } = await place(context, 'cgroup-freezer')
  await typed('run -d --name lives busybox sleep 1000')
  await typed('pause lives')
  await typed('run --name ended busybox sh -c', 'echo said >/made; mkfifo /made.fifo')
  await typed('create --name waits busybox cat /new')
  writeFileSync(at('new'), 'new\n')
  for (const name of ['lives', 'ended', 'waits']) {
    expect(await typed(`cp new ${name}:/new`)).toBe('')
    expect(await typed(`cp ${name}:/new got-${name}`)).toBe('')
    expect(readFileSync(at(`got-${name}`), 'utf8')).toBe('new\n')
  }
  expect(await typed('cp ended:/made made')).toBe('')
  expect(readFileSync(at('made'), 'utf8')).toBe('said\n')
  expect(await typed('start -a waits')).toBe('new')
  expect(await typed('diff ended')).toBe('A /made\nA /made.fifo\nA /new')
}, 60_000)

test('a container without layers has its files while it runs', async (context) => {
  const { typed, at, root, dir } = await place(context)
  writeFileSync(at('new'), 'new\n')
  const line = ['--chapter', '3', 'run', '--name', 'old', 'busybox', 'sh', '-c']
  const run = stepbox([...line, 'until [ -e /new ]; do sleep 0.05; done'], { root, cwd: dir })
  while (!(await typed('ps -q --filter name=old --filter status=running'))) continue
  expect(await typed('cp new old:/')).toBe('')
  expect((await run).code).toBe(0)
})

test('a container of chapter 1 has no files of its own', async (context) => {
  const { typed, root } = await place(context)
  const run = stepbox(['--chapter', '1', 'run', '--name', 'first', 'sleep', '1000'], { root })
  while (!(await typed('ps -q --filter name=first --filter status=running'))) continue
  expect(await typed('cp first:/etc/passwd x')).toContain("'first' has the host's files: cp(1)")
  await typed('kill first')
  await run
})

test('holes, hard links, long names, links that lead out arrive as they are', async (context) => {
  const { typed, at } = await place(context)
  mkdirSync(at('src'))
  const long = 'n'.repeat(255)
  writeFileSync(at(`src/${long}`), 'long')
  writeFileSync(at('src/sparse'), 'x')
  truncateSync(at('src/sparse'), 2 ** 30)
  symlinkSync('../../../outside', at('src/out'))
  const script = 'echo two >a; ln a b; printf a >"$(printf "\\377")"'
  execFileSync('sh', ['-c', script], { cwd: at('src') })
  await typed('run -d --name box busybox sleep 1000')
  expect(await typed('cp src box:/w')).toBe('')
  expect(await typed('cp box:/w back')).toBe('')
  const back = readdirSync(at('back'), 'latin1').sort()
  expect(back).toEqual(['a', 'b', long, 'out', 'sparse', '\xff'])
  expect(lstatSync(at('back/out')).isSymbolicLink()).toBe(true)
  expect(statSync(at('back/a')).ino).toBe(statSync(at('back/b')).ino)
  const { size, blocks } = statSync(at('back/sparse'))
  expect({ size, isSparse: blocks < 100 }).toEqual({ size: 2 ** 30, isSparse: true })
})

test('an absolute name in a stream is below the target', async (context) => {
  const { typed, root, at } = await place(context)
  await typed('run --name box busybox mkdir /w')
  const cp = ['cp', '-', 'box:/w']
  const file = { path: '/etc/hostname', type: 'file' as const, size: 0, mtimeNs: 0n, target: '' }
  const own = { mode: 0o644, uid: 0, gid: 0, device: { major: 0, minor: 0 }, xattrs: [] }
  const outside = Buffer.concat([tarHeader({ ...file, ...own }), tarEnd])
  expect((await stepbox(cp, { root, input: outside.toString('latin1') })).code).toBe(0)
  expect(await typed('cp box:/w w')).toBe('')
  expect(existsSync(at('w/etc/hostname'))).toBe(true)
  const { err } = await stepbox(cp, { root, input: 'no archive' })
  expect(err).toContain('the archive is damaged')
})

test('a file in use that grows is copied as long as it was', async (context) => {
  const { typed, at } = await place(context)
  await typed('run -d --name box busybox sh -c', 'while :; do echo line; done >/grows')
  for (let round = 0; round < 5; round++) {
    expect(await typed('cp box:/grows got')).toBe('')
    expect(statSync(at('got')).size).toBeGreaterThanOrEqual(0)
  }
  await typed('kill box')
})

test('an error is one line, names what was typed, and copies nothing', async (context) => {
  const { typed, at } = await place(context)
  await typed('run -d --read-only --name box busybox sleep 1000')
  writeFileSync(at('f'), '')
  execFileSync('mknod', [at('null'), 'c', '1', '3'])
  symlinkSync('null', at('link'))
  const archive = "'-' writes an archive to the output"
  const errors = {
    'cp f box:/f': "the root of container 'box' is read-only",
    'cp box:/no x': "no file or directory /no in container 'box'",
    'cp box:/etc/passwd/x x': "a part of /etc/passwd/x in 'box' is a file",
    'cp f box:/etc/passwd/': "a part of /etc/passwd/ in 'box' is a file",
    'cp f box:/etc/passwd/x': "a part of /etc/passwd/x in 'box' is a file",
    'cp box:/etc/passwd null': `null is a device here, and stays one; ${archive}`,
    'cp box:/etc/passwd link': `link is a device here, and stays one; ${archive}`,
    'cp box:/etc/passwd /dev/stdout': `/dev/stdout leads to a nameless file; ${archive}`,
    'cp box:/etc f': "cannot copy a directory to 'f', which is a file",
    'cp box:/etc/passwd no/x': "no directory 'no' to copy to",
    'cp box:/etc/passwd no/': "no directory 'no/', and a file cannot become one",
    'cp no box:/': "there is no 'no' here",
    'cp f/ box:/': "'f/' is not a directory",
    'cp f g': "neither 'f' nor 'g' is CONTAINER:PATH",
    'cp box: x': "'box:' names no path; all files are 'box:/'",
    'cp f nosuch:/': "no container named 'nosuch'; have: box",
  }
  for (const [line, error] of Object.entries(errors))
    expect(await typed(line)).toBe(`stepbox: ${error}\n1`)
  expect(readdirSync(at('.')).sort()).toEqual(['f', 'link', 'null'])
  expect(lstatSync(at('null')).isCharacterDevice()).toBe(true)
})
