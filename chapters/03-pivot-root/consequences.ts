/** Each line that this chapter adds to the list, and what happens without it. */
import type { PlanOptions } from '../../runtime/options.ts'
import type { Consequence } from '../../runtime/consequence.ts'
import { asked } from './asked-consequences.ts'
import { streams } from './streams-consequences.ts'
import { terminal } from './terminal-consequences.ts'

const waits = 'echo ready; read line'
const ran = { inside: 'echo it ran', kept: 'it ran' }
const user = { uid: 1000, gid: 1000 }
const withTerminal = (): Partial<PlanOptions> => ({ terminal: { rows: 24, columns: 80 } })
const inApp = (): Partial<PlanOptions> => ({ cwd: '/srv/app' })

export const consequences: Consequence[] = [
  {
    drop: /^mount\(".*", ".*", NULL, MS_BIND\|MS_REC/,
    consequence: 'the new root is a directory and no mount, which pivot_root refuses',
    see: { ...ran, broken: 'pivot_root = (EBUSY|EINVAL)' },
  },
  {
    drop: /^mount\(NULL, "\/", NULL, MS_REC\|MS_PRIVATE/,
    consequence: 'pivot_root refuses to move a root whose mounts are shared with the host',
    see: { ...ran, broken: 'pivot_root = EINVAL' },
  },
  {
    drop: /^chdir\("\/.*\/rootfs"\)/,
    consequence: '"." is some directory of the host, and no place for a root',
    see: { ...ran, broken: 'pivot_root = (EBUSY|EINVAL)' },
  },
  {
    drop: /^pivot_root/,
    consequence: "the command runs in the host's root, with all its files",
    see: seesHost('/usr/share'),
  },
  {
    drop: /^umount2/,
    consequence: "the host's root lies on top of /, and /.. leads to it",
    see: seesHost('/../usr/share'),
  },
  ...asked(),
  ...['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].flatMap(readOnly),
  {
    drop: /^mount\("sysfs"/,
    consequence: '/sys is empty: programs find no devices, no processors, no network',
    see: { inside: 'ls /sys | wc -l', kept: '[1-9]\\d*', broken: '0' },
  },
  {
    drop: /^mount\("sysfs"/,
    flag: 'MS_RDONLY',
    consequence: "root inside can change the host's devices through /sys",
    see: mountedReadOnly('/sys'),
  },
  {
    drop: /^umask\(0\)/,
    consequence: 'the devices have the modes that the umask of the caller leaves them',
    before: [['umask', 0o77]],
    see: { inside: 'stat -c %a /dev/null', kept: '666', broken: '600' },
  },
  {
    drop: /^mount\("tmpfs", "\/dev"/,
    consequence: 'the devices are made in the image, where they stay',
    see: {
      inside: waits,
      outside: '[ -c /proc/$machine/root$root/dev/null ] && echo changed || echo as it was',
      kept: 'as it was',
      broken: 'changed',
    },
  },
  device(
    'null',
    'echo lost > /dev/null; [ -c /dev/null ] && echo a device || echo a file',
    'a device',
  ),
  device('zero', 'head -c 3 /dev/zero | wc -c', '3'),
  device('full', '(echo x > /dev/full) 2> /dev/null && echo written || echo full', 'full'),
  device('random', 'head -c 3 /dev/random | wc -c', '3'),
  device('urandom', 'head -c 3 /dev/urandom | wc -c', '3'),
  {
    ...device('tty', '(: < /dev/tty) 2> /dev/null && echo a terminal || echo none', 'a terminal'),
    options: withTerminal,
  },
  {
    drop: /^mkdir\("\/dev\/(pts|shm|mqueue)"/,
    consequence: 'there is nothing to mount on',
    see: { ...ran, broken: 'mount = ENOENT' },
  },
  {
    drop: /^mount\("devpts"/,
    consequence: 'no program can make a terminal: no tmux, no script, no ssh',
    see: {
      inside: '[ -c /dev/pts/ptmx ] && echo there || echo none',
      kept: 'there',
      broken: 'none',
    },
  },
  {
    drop: /^symlink\("pts\/ptmx"/,
    consequence: 'programs look for /dev/ptmx, and make no terminal',
    see: { inside: '[ -c /dev/ptmx ] && echo there || echo none', kept: 'there', broken: 'none' },
  },
  {
    drop: /^symlink\("\/proc\/self\/fd"/,
    consequence: 'bash -c "diff <(a) <(b)" says: no such file',
    see: { inside: 'echo hi | cat /dev/fd/0 2> /dev/null', kept: 'hi', broken: '' },
  },
  {
    drop: /^symlink\("\/proc\/self\/fd\/0"/,
    consequence: 'a program that is told to read /dev/stdin reads nothing',
    see: { inside: 'echo hi | cat /dev/stdin 2> /dev/null', kept: 'hi', broken: '' },
  },
  {
    drop: /^symlink\("\/proc\/self\/fd\/1"/,
    consequence: 'logs written to /dev/stdout fill the memory of a tmpfs, and nobody sees them',
    see: { inside: '(echo hi > /dev/stdout) | cat', kept: 'hi', broken: '' },
  },
  {
    drop: /^symlink\("\/proc\/self\/fd\/2"/,
    consequence: 'errors written to /dev/stderr fill the memory of a tmpfs, and nobody sees them',
    see: { inside: '(echo hi > /dev/stderr) 2>&1 | cat', kept: 'hi', broken: '' },
  },
  {
    drop: /^mount\("tmpfs", "\/dev\/shm"/,
    consequence: "an ordinary user can share no memory: the directory is root's",
    options: () => ({ user }),
    see: {
      inside: '(: > /dev/shm/x) 2> /dev/null && echo shared || echo refused',
      kept: 'shared',
      broken: 'refused',
    },
  },
  {
    drop: /^mount\("mqueue"/,
    consequence: 'the message queues of the container cannot be listed',
    see: { inside: 'grep -c ^mqueue /proc/mounts', kept: '1', broken: '0' },
  },
  ...streams(),
  ...terminal(),
  {
    drop: /^getcwd/,
    consequence: 'a working directory that leads out of the root is a way to the host',
    options: () => ({ cwd: '/proc/self/fd/0' }),
    before: [
      ['open', '/', ['O_RDONLY'], 0],
      ['dup2', 4, 0],
    ],
    see: {
      inside: '[ -d usr/share ] && echo the host',
      kept: 'getcwd = ENOENT',
      broken: 'the host',
    },
  },
  {
    drop: /^mkdir\("\/srv\/app"/,
    consequence: 'a working directory that is not in the image cannot be entered',
    options: inApp,
    see: { ...ran, broken: 'chdir = ENOENT' },
  },
  {
    drop: /^chdir\("\/srv\/app"/,
    consequence: 'the command starts in /',
    options: inApp,
    see: { inside: 'pwd', kept: '/srv/app', broken: '/' },
  },
]

function device(name: string, inside: string, kept: string): Consequence {
  return {
    drop: new RegExp(`^mknod\\("/dev/${name}"`),
    consequence: `there is no /dev/${name}`,
    see: { inside: `${inside} 2> /dev/null`, kept, broken: `(?!${kept}$).*` },
  }
}

/** Both lines that make a part of /proc read-only. */
function readOnly(name: string): Consequence[] {
  const where = `/proc/${name}`
  return [
    {
      drop: new RegExp(`^mount\\("${where}"`),
      consequence: `${where} is no mount, and only a mount can be made read-only`,
      where,
      see: { ...ran, broken: 'mount = EINVAL' },
    },
    {
      drop: new RegExp(`^mount\\(NULL, "${where}"`),
      consequence: `root inside can change the host's kernel through ${where}`,
      where,
      see: mountedReadOnly(where),
    },
  ]
}

function mountedReadOnly(path: string): Consequence['see'] {
  const inside = `grep -q " ${path} ro," /proc/self/mountinfo && echo read-only || echo writable`
  return { inside, kept: 'read-only', broken: 'writable' }
}

/** A directory that the host has, and a root with nothing but busybox has not. */
function seesHost(path: string): Consequence['see'] {
  const inside = `[ -d ${path} ] && echo the host || echo busybox alone`
  return { inside, kept: 'busybox alone', broken: 'the host' }
}
