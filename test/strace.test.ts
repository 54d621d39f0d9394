/** Tests. What strace(1) sees the native program do is the plan, call for call. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { encode } from '../runtime/encode.ts'
import { nativePath } from '../runtime/native.ts'
import { signatures, type Call, type Step } from '../runtime/step.ts'
import { strace } from '../runtime/strace.ts'
import { steps } from './carry-out.ts'
import { rowOf } from './rows.ts'
import { needs, scratch } from './scratch.ts'
import { ownRootfs, worldOf } from './world.ts'

/** Calls of the plan's language that stand for others, and those others. */
const composites: Partial<Record<Call[0], string[]>> = {
  fork: ['fork', 'vfork', 'clone', 'clone3'],
  write: ['open', 'openat', 'write'],
  open: ['open', 'openat'],
  ioctl_ifflags: ['socket', 'ioctl'],
  ioctl_unlockpt: ['ioctl'],
  ioctl_winsize: ['ioctl'],
  ioctl_ctty: ['ioctl'],
  sendmsg_rights: ['sendmsg'],
  execvpe: ['execve'],
  pwrite: ['pwrite64'],
  seek_data: ['open', 'openat', 'lseek'],
  mkdir: ['mkdir', 'mkdirat'],
  mknod: ['mknod', 'mknodat'],
  symlink: ['symlink', 'symlinkat'],
  link: ['link', 'linkat'],
  unlink: ['unlink', 'unlinkat'],
  rmdir: ['rmdir', 'unlinkat'],
  lchown: ['lchown', 'fchownat'],
  chmod: ['chmod', 'fchmodat'],
  dup2: ['dup2', 'dup3'],
  close: [], // the end of what a composite opened
}

/** Carry out `plan` under strace; give each call that a plan can hold, without its result. */
async function seen(plan: Step[]): Promise<string[]> {
  const log = join(scratch(), 'log')
  const names = Object.keys(signatures).flatMap((name) => composites[name as Call[0]] ?? [name])
  const filter = `trace=${['execveat', ...new Set(names)].map((name) => `?${name}`).join(',')}`
  const args = ['-f', '-v', '-s', '100000', '-a', '0', '-o', log, '-e', filter, nativePath]
  const child = spawn('strace', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const control = child.stdio[3] as Writable
  control.on('error', () => {}) // ignoring: the end of the program is in the log
  control.end(encode(plan))
  child.stdio[3]?.on('data', () => {})
  await new Promise((resolve) => child.on('close', resolve))
  return ofThePlan(readFileSync(log, 'utf8'))
}

/**
 * The lines of the process that carries out the plan: until the fork, the program that has become
 * its sealed copy; from then on, its child, until that is the command.
 */
function ofThePlan(log: string): string[] {
  const begin = /^\d+ +execveat\(.*\n/m.exec(log)
  const lines = log.slice((begin?.index ?? 0) + (begin?.[0].length ?? 0)).split('\n')
  const forked = /^(\d+) +(?:v?fork|clone3?)\(.*$|^\d+ +<\.\.\. (?:v?fork|clone3?) resumed.*$/
  const [parent] = (lines[0] ?? '').split(' ')
  const child = lines.map((line) => forked.test(line) && / = (\d+)$/.exec(line)?.[1]).find(Boolean)
  const at = lines.findIndex((line) => forked.test(line))
  const own = lines.filter((line, index) => {
    const isBefore = child === false || child === undefined || index <= at
    return isBefore ? line.startsWith(`${parent} `) : line.startsWith(`${child} `)
  })
  const end = own.findIndex((line) => /^\d+ +(execve\(|<\.\.\. execve resumed).* = 0$/.test(line))
  return own
    .slice(0, end < 0 ? own.length : end + 1)
    .filter((line) => /^\d+ +\w+\((?!3[,)]|.*"\/proc\/self\/exe")/.test(line))
    .map((line) => line.replace(/^\d+ +/, '').replace(/ (<unfinished \.\.\.>|= -?\w+( .*)?)$/, ''))
    .map((line) => (line.endsWith(')') ? line : `${line})`))
    .map(plain)
}

/** One way of writing what libraries and processors do in several. */
function plain(line: string): string {
  return line
    .replace(/^(?:v?fork\(|clone3?\().*$/, 'fork()')
    .replace(/^(\w+?)(at)?\((.*)$/, (_, name: string, at = '', rest: string) =>
      rest.includes('AT_FDCWD, ') && name !== 'utimens'
        ? `${name}(${rest.replaceAll('AT_FDCWD, ', '')}`
        : `${name}${at}(${rest}`,
    )
    .replaceAll(/\b[A-Z][A-Z0-9_]*(?:\|\w+)+/g, sorted)
    .replace(/^umask\(0+\)$/, 'umask(0)')
    .replaceAll(/makedev\((\w+), (\w+)\)/g, (_, major: string, minor: string) => {
      return `makedev(${Number(major)}, ${Number(minor)})`
    })
    .replace(/^(sethostname\(".*"), \d+\)$/, '$1)')
    .replace(/^getcwd\(.*$/, 'getcwd()')
    .replace(/(ws_col=\d+), ws_xpixel=0, ws_ypixel=0/, '$1')
    .replace(/^sendmsg\((\d+), .*(cmsg_type=\w+, cmsg_data=\[\d+\]).*$/, (_, fd, control) => {
      return `sendmsg(${fd}, {msg_control=[{${control}}]}, 0)`
    })
    .replace(/ \/\* \d+ vars? \*\//, '')
}

function sorted(flags: string): string {
  const order = flags.split('|').filter((flag) => flag !== 'O_LARGEFILE')
  return order.sort().join('|')
}

/** The kernel's calls for one line of a plan. */
function callsOf({ call }: Step): string[] {
  const line = plain(strace(call))
  switch (call[0]) {
    case 'write': {
      const [, path, text] = call
      const open = `open(${JSON.stringify(path)}, O_CLOEXEC|O_WRONLY)`
      return [open, `write(FD, ${JSON.stringify(text)}, ${text.length})`]
    }
    case 'ioctl_ifflags':
      return [
        'socket(AF_INET, SOCK_CLOEXEC|SOCK_DGRAM, IPPROTO_IP)',
        line.replace(/socket\(.*0\)/, 'FD'),
      ]
    case 'execvpe': {
      const path = call[3].find((each) => each.startsWith('PATH='))?.slice(5) ?? ''
      const files = call[1].includes('/')
        ? [call[1]]
        : path.split(':').map((dir) => `${dir}/${call[1]}`)
      return files.map((file) => line.replace(`execvpe("${call[1]}"`, `execve("${file}"`))
    }
    default:
      return [line]
  }
}

/** The log with descriptors that only one line uses under one name, as they are not in the plan. */
function withoutNumbers(lines: string[]): string[] {
  return lines.map((line, at) => {
    const before = lines[at - 1] ?? ''
    const isOpened =
      /^(open|socket)\(/.test(before) && /^(write|ioctl)\(\d+, ("|SIOCSIFFLAGS)/.test(line)
    return isOpened ? line.replace(/\(\d+,/, '(FD,') : line
  })
}

function expectSame(lines: string[], plan: Step[]): void {
  const expected = plan.flatMap(callsOf)
  const log = withoutNumbers(lines)
  const tried = log.filter((line) => line.startsWith('execve('))
  expect(log.filter((line) => !tried.includes(line))).toEqual(
    expected.filter((line) => !line.startsWith('execve(')),
  )
  expect(tried).toEqual(
    expected.filter((line) => line.startsWith('execve(')).slice(0, tried.length),
  )
}

describe.each(chapters)('chapter $number', ({ number }) => {
  test('the plan is what strace sees', async (context) => {
    needs(context, 'root', 'strace')
    const options = worldOf(await ownRootfs(), 'true')
    const { plan } = await rowOf(number)
    const list = plan(options)
    const lines = await seen(list)
    expectSame(lines, list)
    expect(lines.at(-1)).toMatch(/^execve\("\/(usr\/)?bin\/sh"/)
  })

  test('with everything that can be asked for too', async (context) => {
    needs(context, 'root', 'strace')
    const limits = { memoryBytes: 2 ** 26, cpus: 0.5, cpuShares: 512, pidsMax: 20 }
    const { plan } = await rowOf(number)
    const list = plan({
      ...worldOf(await ownRootfs(), 'true', limits),
      cwd: '/usr',
      user: { uid: 1000, gid: 100 },
      terminal: { rows: 24, columns: 80 },
      readOnly: true,
      network: 'host',
    })
    expectSame(await seen(list), list)
  })
})

test("an archive's files are the kernel's own calls, a sparse one is a search", async (context) => {
  needs(context, 'root', 'strace')
  const dir = scratch()
  const at = (name: string) => join(dir, name)
  const lines = await seen(
    steps(
      ['open', at('a'), ['O_WRONLY', 'O_CREAT', 'O_EXCL'], 0o600],
      ['pwrite', 4, Buffer.from('hello\0\n'), 1_000_000],
      ['ftruncate', 4, 3_000_000],
      ['flock', 4, 'LOCK_EX'],
      ['syncfs', 4],
      ['close', 4],
      ['link', at('a'), at('b')],
      ['symlink', 'a', at('c')],
      ['lchown', at('c'), 1000, 100],
      ['chmod', at('a'), 0o4755],
      ['lsetxattr', at('a'), 'trusted.x', Buffer.from([1, 0, 255])],
      ['llistxattr', at('a')],
      ['lgetxattr', at('a'), 'trusted.x'],
      ['utimensat', at('a'), -1n],
      ['seek_data', at('a')],
      ['mknod', at('fifo'), 'S_IFIFO', 0o644, 0, 0],
      ['mkdir', at('d'), 0o700],
      ['rmdir', at('d')],
      ['unlink', at('c')],
    ),
  )
  const bare = (line: string) =>
    line
      .replaceAll(`${dir}/`, '')
      .replaceAll(/ \/\*.*?\*\//g, '')
      .replace(/(lseek\(4), \d+/, '$1, N')
  const time = '{tv_sec=-1, tv_nsec=999999999}'
  expect(lines.map(bare)).toEqual([
    'open("a", O_CREAT|O_EXCL|O_WRONLY, 0600)',
    'pwrite64(4, "hello\\0\\n", 7, 1000000)',
    'ftruncate(4, 3000000)',
    'flock(4, LOCK_EX)',
    'syncfs(4)',
    'link("a", "b")',
    'symlink("a", "c")',
    'lchown("c", 1000, 100)',
    'chmod("a", 04755)',
    'lsetxattr("a", "trusted.x", "\\1\\0\\377", 3, 0)',
    'llistxattr("a", "trusted.x\\0", 65536)',
    'lgetxattr("a", "trusted.x", "\\1\\0\\377", 65536)',
    `utimensat(AT_FDCWD, "a", [${time}, ${time}], AT_SYMLINK_NOFOLLOW)`,
    'open("a", O_CLOEXEC|O_NOFOLLOW|O_RDONLY)',
    'lseek(4, N, SEEK_DATA)',
    'lseek(4, N, SEEK_HOLE)',
    'lseek(4, N, SEEK_DATA)',
    'mknod("fifo", 0644|S_IFIFO)',
    'mkdir("d", 0700)',
    'rmdir("d")',
    'unlink("c")',
  ])
})
