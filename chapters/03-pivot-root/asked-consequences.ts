/** What happens without each line that a flag, or Docker's habit, adds for the command. */
import type { PlanOptions } from '../../runtime/options.ts'
import type { Consequence } from '../../runtime/consequence.ts'

const user = { uid: 1000, gid: 1000 }
const sysctl = (name: string) => `/proc/sys/${name.replaceAll('.', '/')}`

export function asked(): Consequence[] {
  return [
    {
      drop: /^write\("\/proc\/sys\/net\/ipv4\/ip_unprivileged_port_start"/,
      consequence: 'a web server has to run as root to have port 80',
      options: () => ({ user }),
      where: sysctl('net.ipv4.ip_unprivileged_port_start'),
      see: {
        inside: 'nc -w 1 -l -p 80 < /dev/null 2>&1 | grep -c denied',
        kept: '0',
        broken: '1',
      },
    },
    {
      drop: /^write\("\/proc\/sys\/net\/ipv4\/ping_group_range"/,
      consequence: 'the ping of an ordinary user has to be a set-user-id program',
      where: sysctl('net.ipv4.ping_group_range'),
      see: {
        inside: 'cat /proc/sys/net/ipv4/ping_group_range',
        kept: '0\t2147483647',
        broken: '1\t0',
      },
    },
    {
      drop: /^write\("\/proc\/sys\/kernel\/msgmax"/,
      consequence: 'the setting that was asked for is as in every new namespace',
      options: () => ({ sysctls: { 'kernel.msgmax': '77' } }),
      see: { inside: 'cat /proc/sys/kernel/msgmax', kept: '77', broken: '\\d{3,}' },
    },
    {
      drop: /^setrlimit\(RLIMIT_CPU/,
      consequence: 'it may compute for as long as the caller may',
      options: () => ({ ulimits: [{ name: 'cpu', soft: 77, hard: 78 }] }),
      see: { inside: 'ulimit -S -t; ulimit -H -t', kept: '77\n78', broken: '(?!77\n).*' },
    },
    ...sharedMemory('host', /^open_tree\(.*OEXEC\)$/),
    ...sharedMemory(`/proc/${process.pid}/ns/ipc`, /^open_tree\(.*in "/),
  ]
}

/** The /dev/shm of the pretend machine has 4 kB; that of the joined process is the real one. */
function sharedMemory(ipc: NonNullable<PlanOptions['ipc']>, drop: RegExp): Consequence[] {
  const options = () => ({ ipc })
  const before: Consequence['before'] = [
    ['mount', 'tmpfs', '/dev/shm', 'tmpfs', [], 'size=4k'],
  ]
  const size = 'df -k /dev/shm | tail -n 1 | tr -s " " | cut -d" " -f2'
  const kept = ipc === 'host' ? '4' : '(?!65536$)\\d{2,}'
  const see = { inside: size, kept }
  return [
    {
      drop,
      options,
      before,
      where: '/dev/shm',
      consequence: 'there is no copy of the other /dev/shm to be had any more',
      see: { ...see, broken: 'move_mount = (EBADF|EINVAL)' },
    },
    {
      drop: /^move_mount/,
      options,
      before,
      where: '/dev/shm',
      consequence: 'the files in its /dev/shm are private, not shared',
      see: { ...see, broken: '65536' },
    },
    {
      drop: /^close\(\d+\)$/,
      options: () => ({ ipc, terminal: { rows: 24, columns: 80 } }),
      where: '/dev/shm',
      consequence: 'the terminal gets another descriptor than the list says',
      see: { inside: 'echo it ran', kept: 'it ran', broken: 'ioctl_unlockpt = \\w+' },
    },
  ]
}
