/** What the chapter adds to the list, line by line; runs anywhere, without root. */
import { describe, expect, it } from 'vitest'
import { planOptions } from '../../runtime/chapter.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import { strace } from '../../runtime/strace.ts'
import { plan } from './plan.ts'

const ordinary = planOptions([], {
  argv: ['sh'],
  env: ['PATH=/bin'],
  hostname: 'box',
  network: 'none',
  group: { name: 'stepbox-1', cgroups: { hierarchies: [] }, limits: {} },
  root: '/images/busybox',
  cwd: '/',
})

/** The lines that are the chapter's own. */
function added(options: Partial<PlanOptions> = {}): string[] {
  const list = plan({ ...ordinary, ...options })
  return list.filter(({ chapter }) => chapter === 3).map(({ call }) => strace(call))
}

const quiet = 'MS_NOSUID|MS_NODEV|MS_NOEXEC'

describe('the root', () => {
  it('is bound, entered, exchanged, and the old one let go of', () => {
    expect(added().slice(2, 6)).toEqual([
      'mount("/images/busybox", "/images/busybox", NULL, MS_BIND|MS_REC, NULL)',
      'chdir("/images/busybox")',
      'pivot_root(".", ".")',
      'umount2(".", MNT_DETACH)',
    ])
  })

  it('has its /proc before the old one is let go of, which a user namespace will need', () => {
    const names = plan(ordinary).map(({ call }) => strace(call).split('(')[0])
    expect(names.slice(names.indexOf('pivot_root'), names.indexOf('umount2') + 1)).toEqual([
      'pivot_root',
      'mount',
      'umount2',
    ])
  })
})

describe('/proc and /sys', () => {
  it('are read-only where they change the host', () => {
    const lines = added().slice(8, 19)
    expect(lines.slice(0, 2)).toEqual([
      'mount("/proc/bus", "/proc/bus", NULL, MS_BIND, NULL)',
      `mount(NULL, "/proc/bus", NULL, MS_REMOUNT|MS_BIND|${quiet}|MS_RDONLY, NULL)`,
    ])
    const bound = lines.flatMap((line) => /^mount\("(\/proc\/[^"]+)"/.exec(line)?.[1] ?? [])
    expect(bound).toEqual(
      ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`),
    )
    expect(lines.at(-1)).toBe(`mount("sysfs", "/sys", "sysfs", MS_RDONLY|${quiet}, NULL)`)
  })
})

describe('/dev', () => {
  it('is an empty tmpfs with six devices, four mounts and five links', () => {
    expect(added().slice(19, -4)).toEqual([
      'umask(0)',
      'mount("tmpfs", "/dev", "tmpfs", MS_NOSUID|MS_STRICTATIME, "mode=755,size=65536k")',
      'mknod("/dev/null", S_IFCHR|0666, makedev(1, 3))',
      'mknod("/dev/zero", S_IFCHR|0666, makedev(1, 5))',
      'mknod("/dev/full", S_IFCHR|0666, makedev(1, 7))',
      'mknod("/dev/random", S_IFCHR|0666, makedev(1, 8))',
      'mknod("/dev/urandom", S_IFCHR|0666, makedev(1, 9))',
      'mknod("/dev/tty", S_IFCHR|0666, makedev(5, 0))',
      'mkdir("/dev/pts", 0755)',
      'mount("devpts", "/dev/pts", "devpts", MS_NOSUID|MS_NOEXEC, ' +
        '"newinstance,ptmxmode=0666,mode=0620,gid=5")',
      'symlink("pts/ptmx", "/dev/ptmx")',
      'symlink("/proc/self/fd", "/dev/fd")',
      'symlink("/proc/self/fd/0", "/dev/stdin")',
      'symlink("/proc/self/fd/1", "/dev/stdout")',
      'symlink("/proc/self/fd/2", "/dev/stderr")',
      'mkdir("/dev/shm", 0755)',
      'mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID|MS_NOEXEC|MS_NODEV, ' +
        '"mode=1777,size=65536k")',
      'mkdir("/dev/mqueue", 0755)',
      'mount("mqueue", "/dev/mqueue", "mqueue", MS_NOSUID|MS_NOEXEC|MS_NODEV, NULL)',
    ])
  })
})

describe('the standard streams', () => {
  it('are pipes, and /dev/null where there is no input', () => {
    const lines = added()
    expect(lines.slice(0, 2)).toEqual(['pipe2([4, 5], O_CLOEXEC)', 'pipe2([6, 7], O_CLOEXEC)'])
    expect(lines.slice(-4)).toEqual([
      'open("/dev/null", O_RDONLY|O_CLOEXEC)',
      'dup2(8, 0)',
      'dup2(5, 1)',
      'dup2(7, 2)',
    ])
  })

  it("are their user's, who may open them again", () => {
    const streams = { hasInput: true, isJoined: false }
    const lines = added({ streams, user: { uid: 1000, gid: 100 } })
    expect(lines[2]).toBe('pipe2([8, 9], O_CLOEXEC)')
    expect(lines.slice(-6)).toEqual([
      'fchown(4, 1000, 100)',
      'fchown(6, 1000, 100)',
      'fchown(8, 1000, 100)',
      'dup2(8, 0)',
      'dup2(5, 1)',
      'dup2(7, 2)',
    ])
  })

  it('stay joined where the caller joined output and errors', () => {
    const lines = added({ streams: { hasInput: true, isJoined: true } })
    expect(lines.slice(0, 2)).toEqual(['pipe2([4, 5], O_CLOEXEC)', 'pipe2([6, 7], O_CLOEXEC)'])
    expect(lines.slice(-3)).toEqual(['dup2(8, 0)', 'dup2(5, 1)', 'dup2(5, 2)'])
  })
})

describe('a terminal', () => {
  it('is opened inside, becomes the three descriptors, and is sent to the parent', () => {
    const lines = added({ terminal: { rows: 24, columns: 80 } })
    expect(lines[0]).toBe('socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, [4, 5])')
    expect(lines.slice(-11)).toEqual([
      'open("/dev/pts/ptmx", O_RDWR|O_NOCTTY|O_CLOEXEC)',
      'ioctl(6, TIOCSPTLCK, [0])',
      'ioctl(6, TIOCSWINSZ, {ws_row=24, ws_col=80})',
      'open("/dev/pts/0", O_RDWR|O_NOCTTY|O_CLOEXEC)',
      'ioctl(7, TIOCSCTTY, 0)',
      'mknod("/dev/console", S_IFREG|0600)',
      'mount("/dev/pts/0", "/dev/console", NULL, MS_BIND, NULL)',
      'sendmsg(5, {msg_control=[{cmsg_type=SCM_RIGHTS, cmsg_data=[6]}]}, 0)',
      'dup2(7, 0)',
      'dup2(7, 1)',
      'dup2(7, 2)',
    ])
  })

  it("is its user's, who may open it again", () => {
    const user = { uid: 1000, gid: 1000 }
    const lines = added({ terminal: { rows: 24, columns: 80 }, user })
    expect(lines).toContain('fchown(7, 1000, 5)')
  })
})

describe('the working directory', () => {
  it('is made where it is missing, entered, and asked whether it lies inside', () => {
    expect(added({ cwd: '/a/b' }).slice(-7, -4)).toEqual([
      'mkdir("/a/b", 0755)',
      'chdir("/a/b")',
      'getcwd()',
    ])
  })

  it('is one line, however deep it is', () => {
    const cwd = '/a'.repeat(2000)
    expect(added({ cwd })).toHaveLength(added({ cwd: '/a' }).length)
  })
})
