/** Each line with which cp puts files into a container, and what happens without it. */
import { typicalCopy, type Copied } from '../../runtime/07-exec/copy/list.ts'
import type { Consequence, Sight } from '../../runtime/consequence.ts'
import type { PlanOptions } from '../../runtime/options.ts'

const cp = { list: 'cp' } as const

const ready = 'echo ready; read line'
const room = `mkdir /w; ${ready}`

/** What `script`, in the directory that files are copied to, prints in one line. */
function inside(script: string, kept: string, broken: string): Sight {
  const outside = `cd /proc/$first/root/w && echo $(${script})`
  return { inside: '', room, outside, kept, broken }
}

const modes = 'stat -c "%n %a" then sub sub/new'
const owners = 'stat -c %u then sub sub/new'
const times = 'stat -c %Y then sub sub/new'

/** No file arrives: a step fails, for want of this one. */
function fails(broken: string): Sight {
  return inside('wc -l < then', '1', broken)
}

/** The list's process has the container's `/` for its own. */
const sameRoot: Sight = {
  inside: '',
  room,
  outside:
    'of() { stat -Lc %d:%i /proc/$1/root/.; }; ' +
    '[ $(of $first) = $(of $machine) ] && echo inside || echo outside',
  kept: 'inside',
  broken: 'outside',
}

/** A copy of a fifo, whose permissions the umask decides. */
function fifo({ copied = typicalCopy() }: PlanOptions): Partial<PlanOptions> {
  const files: Copied['files'] = copied.files.slice(-1).map(({ entry }) => ({
    entry: { ...entry, path: 'fifo', type: 'fifo', mode: 0o666, size: 0 },
  }))
  return { copied: { ...copied, files } }
}

export const copying: Consequence[] = [
  {
    ...cp,
    drop: /^open_tree\(/,
    consequence: 'there is no root in which names could be looked up',
    see: fails('mount_setattr = ENOENT'),
  },
  {
    ...cp,
    drop: /^mount_setattr\(/,
    consequence: 'a device that the container has made could be opened on the host',
    see: {
      inside: '',
      room: `mkdir /w; mknod /w/zero c 1 5; ${ready}`,
      outside: 'head -c 1 /proc/$machine/fd/4/w/zero > /dev/null && echo open || echo closed',
      kept: 'closed',
      broken: 'open',
    },
  },
  {
    ...cp,
    drop: /^openat2\(4, /,
    consequence: 'no directory is open in which the next name could be looked up',
    see: fails('openat2 = EBADF'),
  },
  {
    ...cp,
    drop: /^openat2\(4, /,
    flag: 'RESOLVE_IN_ROOT',
    consequence: 'a path that begins with a slash is one of the host',
    options: ({ copied = typicalCopy() }) => ({ copied: { ...copied, directory: '/tmp' } }),
    before: [['mount', 'disk', '/tmp', 'tmpfs', [], null]],
    see: {
      inside: '',
      room: `mkdir -p /tmp; ${ready}`,
      outside: '[ -e /proc/$first/root/tmp/then ] && echo in the container || echo on the host',
      kept: 'in the container',
      broken: 'on the host',
    },
  },
  {
    ...cp,
    drop: /^openat2\(5, "(w|tmp)"/,
    consequence: 'the last name is not looked up, and no descriptor leads to its directory',
    see: fails('dup2 = EBADF'),
  },
  {
    ...cp,
    drop: /^dup2\(6, 5\)/,
    consequence: 'the files go to the directory above',
    see: inside(modes, 'then 4755 sub 2750 sub/new 4755', ''),
  },
  {
    ...cp,
    drop: /^close\(6\)/,
    consequence: 'the next file has another number than the one that the list counts on',
    see: {
      inside: '',
      room,
      outside: 'ls /proc/$machine/fd | tail -n 1',
      kept: '5',
      broken: '[67]|\\w+ = \\w+',
    },
  },
  {
    ...cp,
    drop: /^fchdir\(4\)/,
    consequence: 'the process shuts itself into the directory where it happens to be',
    see: sameRoot,
  },
  {
    ...cp,
    drop: /^chroot\("\."\)/,
    consequence: 'a call that followed a link would be led to the host',
    see: sameRoot,
  },
  {
    ...cp,
    drop: /^umask\(/,
    consequence: 'what is made without being opened loses permissions',
    options: fifo,
    before: [['umask', 0o077]],
    see: inside('stat -c %a fifo', '666', '600'),
  },
  {
    ...cp,
    drop: /^fchdir\(5\)/,
    consequence: 'files are made in the directory where the process was before',
    see: inside(
      modes,
      'then 4755 sub 2750 sub/new 4755',
      'sub 2750 sub/new 4755|openat2 = ENOENT',
    ),
  },
  {
    ...cp,
    drop: /^mkdir\("/,
    consequence: 'there is no directory to go into',
    see: fails('openat2 = ENOENT'),
  },
  {
    ...cp,
    drop: /^openat2\((AT_FDCWD|5), "sub"/,
    consequence: 'there is no descriptor by which the new directory could be entered',
    see: fails('fchdir = EBADF'),
  },
  {
    ...cp,
    drop: /^fchdir\(6\)/,
    consequence: 'what is meant for the new directory happens in another',
    see: inside(
      modes,
      'then 4755 sub 2750 sub/new 4755',
      'then 4755 sub 2750|then 4755 sub 750 sub/new 4755',
    ),
  },
  {
    ...cp,
    drop: /^lchown\("/,
    consequence: "the directory is root's",
    see: inside(owners, '1000 1000 1000', '1000 0 1000'),
  },
  {
    ...cp,
    drop: /^unlink\("/,
    consequence: 'a file that is there is not replaced',
    see: {
      ...fails('open = EEXIST'),
      room: `mkdir -p /w/sub; touch /w/then /w/sub/new; ${ready}`,
    },
  },
  {
    ...cp,
    drop: /^pwrite\(/,
    consequence: 'the file has its name and nothing in it',
    see: inside('wc -c < then; wc -c < sub/new', '4 4', '4 0|0 4'),
  },
  {
    ...cp,
    drop: /^fchown\(/,
    consequence: "the file is root's",
    see: inside(owners, '1000 1000 1000', '0 1000 1000|1000 1000 0'),
  },
  {
    ...cp,
    drop: /^fchmod\(/,
    consequence: 'a program that runs with the rights of its owner does not do so any more',
    see: inside(
      modes,
      'then 4755 sub 2750 sub/new 4755',
      'then 755 sub 2750 sub/new 4755|then 4755 sub 2750 sub/new 755',
    ),
  },
  {
    ...cp,
    drop: /^chmod\("/,
    consequence: 'the directory loses its set-group-id bit',
    see: inside(
      modes,
      'then 4755 sub 2750 sub/new 4755',
      'then 4755 sub 750 sub/new 4755',
    ),
  },
  {
    ...cp,
    drop: /^utimensat\(/,
    consequence: 'what was copied seems to be made just now',
    see: inside(times, '1000000000 1000000000 1000000000', '.*\\b1[1-9]\\d{8}\\b.*'),
  },
]
