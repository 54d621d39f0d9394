/** What it promises of a container, kept from here on and broken before. */
import type { Call } from '../../runtime/calls.ts'
import { carryOut, steps } from '../../test/carry-out.ts'
import type { Candidate, Promised } from '../../test/promised.ts'

const waits = 'echo ready; read line'
const whoseRoot = '[ -d /usr/share ] && echo the host || echo its own'

export const promises: Promised[] = [
  {
    promise: 'its root is its own',
    see: { inside: whoseRoot },
    kept: 'its own',
    broken: 'the host',
  },
  {
    promise: "none of the host's mounts is in its mount table",
    see: { inside: 'grep -c " /sys/fs/cgroup" /proc/self/mountinfo' },
    kept: '0',
    broken: '[1-9]\\d*',
  },
  {
    promise: 'chroot in chroot, the classic escape, leads nowhere',
    see: escape,
    kept: 'its own',
    broken: 'the host',
  },
  {
    promise: "it has a /dev of its own, and the host's disks are not in it",
    see: {
      inside: waits,
      outside: '[ /proc/$machine/root/dev -ef /proc/$first/root/dev ] && echo shared || echo own',
    },
    kept: 'own',
    broken: 'shared',
  },
  {
    promise: "it cannot change the settings of the host's kernel",
    see: { inside: '(: >> /proc/sys/vm/swappiness) 2> /dev/null && echo opened || echo refused' },
    kept: 'refused',
    broken: 'opened',
  },
  {
    promise: 'a working directory that leads out of the root is refused',
    options: { cwd: '/proc/self/fd/0' },
    before: [
      ['open', '/', ['O_RDONLY'], 0],
      ['dup2', 4, 0],
    ],
    see: { inside: '[ -d usr/share ] && echo the host' },
    kept: 'getcwd = ENOENT|chdir = ENOTDIR', // where 0 is the container's own by then
    broken: 'the host',
  },
  {
    promise: 'with -t it has a terminal of its own, with job control',
    options: { terminal: { rows: 24, columns: 80 } },
    see: { inside: 'tty && (: < /dev/tty) && set -m && echo jobs' },
    kept: '/dev/(console|pts/0)\\s+jobs',
    broken: 'not a tty',
  },
]

/** The classic: a root below the working directory, then upwards, then a root again. */
async function escape({ number, plan, world }: Candidate): Promise<string> {
  const options = world(whoseRoot)
  const list = plan(options)
  const chroot: Call[] = [
    ['chroot', options.root],
    ['chdir', '/'],
  ]
  const out: Call[] = [
    ['mkdir', '/e', 0o755],
    ['chroot', '/e'],
    ['chdir', '../../../../../../../..'],
    ['chroot', '.'],
  ]
  const way = steps(...(number < 3 ? chroot : []), ...out)
  return (await carryOut([...list.slice(0, -1), ...way, ...list.slice(-1)])).out.trim()
}
