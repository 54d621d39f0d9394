/** Tests. What strace(1) sees the native program do is the plan, call for call. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chapters } from '../chapters/table.ts'
import { calls } from '../runtime/call-table.ts'
import type { Step } from '../runtime/step.ts'
import { strace } from '../runtime/strace.ts'
import { steps } from './carry-out.ts'
import { planner, rowOf } from './rows.ts'
import { needs, scratch } from './scratch.ts'
import { plain, seen, type Log } from './stracing.ts'
import { ownRootfs, worldOf } from './world.ts'

/** The kernel's calls for one line of a plan. */
function callsOf({ call }: Step): string[] {
  const line = plain(strace(call))
  switch (call[0]) {
    case 'write': {
      const [, path, text] = call
      const open = `open(${JSON.stringify(path)}, O_CLOEXEC|O_WRONLY)`
      return [open, `write(FD, ${JSON.stringify(text)}, ${text.length})`]
    }
    case 'mkdir_parents': {
      const names = call[1].split('/').slice(1)
      return names.map((_, at) => line.replace(call[1], `/${names.slice(0, at + 1).join('/')}`))
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

/**
 * What each step of `plan` did, after it was checked that together these are exactly the calls of
 * the table, in order.
 */
function divided(lines: string[], plan: Step[]): string[][] {
  const names = lines.map(nameIn)
  const made = plan.map(({ call }) => calls[call[0]].makes ?? [call[0]])
  const pattern = made.map((each) => `(${patternOf(each)})`).join('')
  const groups = new RegExp(`^${pattern}$`).exec(names.map((name) => `${name} `).join(''))
  if (!groups) expect(names).toEqual(made.flat())
  let at = 0
  return (groups ?? []).slice(1).map((group) => {
    const count = group.split(' ').length - 1
    return lines.slice(at, (at += count))
  })
}

/** `open lseek+ close` as a regular expression, which takes no more than it must. */
function patternOf(makes: string[]): string {
  return makes
    .map((each) => /^(\w+)([+?*]?)$/.exec(each) ?? [])
    .map(([, name, times]) => `(?:${name} )${times}${times ? '?' : ''}`)
    .join('')
}

function nameIn(line: string): string {
  return /^\w+/.exec(line)?.[0] ?? ''
}

function expectSame({ lines, parent }: Log, plan: Step[]): void {
  divided(lines, plan).forEach((did, at) => {
    const step = plan[at] as Step
    const isComposite = step.call[0] === 'write' || step.call[0] === 'ioctl_ifflags'
    const expected = callsOf(step)
    const names = new Set(expected.map(nameIn))
    const own = did
      .filter((line) => names.has(nameIn(line)))
      .map((line) => (isComposite ? line.replace(/\(\d+,/, '(FD,') : line))
    expect(own).toEqual(step.call[0] === 'execvpe' ? expected.slice(0, own.length) : expected)
  })
  const waits = new RegExp(`^${patternOf(calls.fork.parentMakes ?? [])}`)
  expect(parent.map((line) => `${nameIn(line)} `).join('')).toMatch(waits)
}

describe.each(chapters)('chapter $number', ({ number }) => {
  test('the plan is what strace sees', async (context) => {
    needs(context, 'root', 'strace')
    const plan = planner(await rowOf(number))
    const options = worldOf(await ownRootfs(), 'true')
    const list = plan(options)
    const log = await seen(list)
    expectSame(log, list)
    expect(log.lines.at(-1)).toMatch(/^execve\("\/(usr\/)?bin\/sh"/)
  })

  test('with everything that can be asked for too', async (context) => {
    needs(context, 'root', 'strace')
    const plan = planner(await rowOf(number))
    const limits = { memoryBytes: 2 ** 26, cpus: 0.5, cpuShares: 512, pidsMax: 20 }
    const list = plan({
      ...worldOf(await ownRootfs(), 'true', limits),
      cwd: '/usr/bin',
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
  const plan = steps(
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
    ['utimensat', at('a'), -1n, 999_999_999],
    ['create', at('whole'), Buffer.from('all'), 0o4640, 7, 8, 1n, 2],
    ['lsetxattr_if_held', at('whole'), 'no-such.x', Buffer.from([1])],
    ['seek_data', at('a')],
    ['mknod', at('fifo'), 'S_IFIFO', 0o644, 0, 0],
    ['mkdir', at('d'), 0o700],
    ['rmdir', at('d')],
    ['unlink', at('c')],
  )
  const { lines } = await seen(plan)
  expect(divided(lines, plan)).toHaveLength(plan.length)
  const bare = (line: string) =>
    line
      .replaceAll(`${dir}/`, '')
      .replaceAll(/ \/\*.*?\*\//g, '')
      .replace(/(lseek\(4), \d+/, '$1, N')
  const time = '{tv_sec=-1, tv_nsec=999999999}'
  const other = '{tv_sec=1, tv_nsec=2}'
  expect(lines.map(bare)).toEqual([
    'open("a", O_CREAT|O_EXCL|O_WRONLY, 0600)',
    'pwrite64(4, "hello\\0\\n", 7, 1000000)',
    'ftruncate(4, 3000000)',
    'flock(4, LOCK_EX)',
    'syncfs(4)',
    'close(4)',
    'link("a", "b")',
    'symlink("a", "c")',
    'lchown("c", 1000, 100)',
    'chmod("a", 04755)',
    'lsetxattr("a", "trusted.x", "\\1\\0\\377", 3, 0)',
    'llistxattr("a", "trusted.x\\0", 65536)',
    'lgetxattr("a", "trusted.x", "\\1\\0\\377", 65536)',
    `utimensat(AT_FDCWD, "a", [${time}, ${time}], AT_SYMLINK_NOFOLLOW)`,
    'open("whole", O_CLOEXEC|O_CREAT|O_EXCL|O_NOFOLLOW|O_WRONLY, 0640)',
    'write(4, "all", 3)',
    'fchown(4, 7, 8)',
    'fchmod(4, 04640)',
    `utimensat(4, NULL, [${other}, ${other}], 0)`,
    'close(4)',
    'lsetxattr("whole", "no-such.x", "\\1", 1, 0)',
    'open("a", O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK|O_RDONLY)',
    'lseek(4, N, SEEK_DATA)',
    'lseek(4, N, SEEK_HOLE)',
    'lseek(4, N, SEEK_DATA)',
    'close(4)',
    'mknod("fifo", 0644|S_IFIFO)',
    'mkdir("d", 0700)',
    'rmdir("d")',
    'unlink("c")',
  ])
})

test('the calls that only tools make are those of the table', async (context) => {
  needs(context, 'root', 'strace')
  const plan = steps(
    ['setns', '/proc/self/ns/uts', 'CLONE_NEWUTS'],
    ['uname'],
    ['chroot', '/'],
    ['ioctl_ptpeer', 0], // of /dev/null: fails with ENOTTY, after it has made its call
  )
  const { lines } = await seen(plan)
  expect(divided(lines, plan).map((did) => did.map(nameIn))).toEqual([
    ['open', 'setns', 'close'],
    ['uname'],
    ['chroot'],
    ['ioctl'],
  ])
})

test('names inside a root are resolved by openat2, in its own ways', async (context) => {
  needs(context, 'root', 'strace')
  const dir = scratch()
  const place = ['O_PATH', 'O_DIRECTORY', 'O_CLOEXEC'] as const
  const strictly = ['RESOLVE_NO_MAGICLINKS', 'RESOLVE_NO_SYMLINKS', 'RESOLVE_BENEATH'] as const
  const plan = steps(
    ['open', dir, [...place], 0],
    ['fchdir', 4],
    ['mkdir', 'd', 0o700],
    ['openat2', 4, 'd', [...place], [...strictly]],
    ['openat2_if_there', 4, 'no', [...place], ['RESOLVE_IN_ROOT']],
    ['fchdir', 5],
    ['open', 'f', ['O_WRONLY', 'O_CREAT', 'O_EXCL'], 0o600],
    ['fchmod', 6, 0o640],
    ['linkat', 6, 'g'],
    ['read_in_root', 4, '/d/g', 100],
  )
  const { lines } = await seen(plan)
  const groups = divided(lines, plan)
  expect(groups).toHaveLength(plan.length)
  const how = (flags: string, resolve: string) => `{flags=${flags}, resolve=${resolve}}, 24)`
  const inPlace = 'O_CLOEXEC|O_DIRECTORY|O_PATH|O_RDONLY' // strace writes the last, which is 0
  const strict = 'RESOLVE_BENEATH|RESOLVE_NO_MAGICLINKS|RESOLVE_NO_SYMLINKS'
  expect(groups.slice(3, 5)).toEqual([
    [`openat2(4, "d", ${how(inPlace, strict)}`],
    [`openat2(4, "no", ${how(inPlace, 'RESOLVE_IN_ROOT')}`],
  ])
  expect(groups.slice(-3, -1)).toEqual([
    ['fchmod(6, 0640)'],
    ['linkat(6, "", AT_FDCWD, "g", AT_EMPTY_PATH)'],
  ])
})
