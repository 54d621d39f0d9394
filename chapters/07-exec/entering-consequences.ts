/** Each line with which a newcomer enters a container, and what happens without it. */
import type { Consequence } from '../../runtime/consequence.ts'
import type { PlanOptions } from '../../runtime/options.ts'

const exec = { list: 'exec' } as const

/** Compares what the kernel has on record about process 1 and about the newcomer. */
function compared(what: string, how = 'cat'): Consequence['see'] {
  const of = (pid: string) => `"$(${how} /proc/${pid}/${what})"`
  return {
    inside: 'echo ready; read line',
    outside: `[ ${of('$first')} = ${of('$newcomer')} ] && echo same || echo different`,
    kept: 'same',
    broken: 'different',
  }
}

const namespace = (file: string) => compared(`ns/${file}`, 'readlink')

const withTerminal = (): Partial<PlanOptions> => ({ terminal: { rows: 24, columns: 80 } })

/** CAP_SYS_PTRACE. Root in a container of Docker does not have it, and neither does a newcomer. */
const ptrace = 19

export const entering: Consequence[] = [
  {
    ...exec,
    drop: /^fork\(/,
    consequence: 'no process stays outside to copy what the newcomer writes',
    before: [['fork']], // a parent that waits for what has no other, as a shell would
    see: { inside: 'echo said', kept: 'said', broken: '' },
  },
  {
    ...exec,
    drop: /^write\(".*\/(tasks|cgroup\.procs)"/,
    consequence: "what the newcomer uses is not counted as the container's, and has no limit",
    see: compared('cgroup'),
  },
  {
    ...exec,
    drop: /^prctl\(PR_SET_DUMPABLE/,
    consequence: 'a process inside can look into the newcomer, which still has things of the host',
    before: [['cap_drop', ptrace]],
    beforeRoom: [['cap_drop', ptrace]],
    see: {
      inside: 'true',
      outside:
        'setpriv --bounding-set -sys_ptrace readlink /proc/$newcomer/fd/0 > /dev/null 2>&1 ' +
        '&& echo open || echo closed',
      isEarly: true,
      kept: 'closed',
      broken: 'open',
    },
    needs: ['util-linux-setpriv'],
  },
  {
    ...exec,
    drop: /^pidfd_open\(/,
    consequence: 'there is no process whose namespaces could be joined',
    see: { inside: 'echo in', kept: 'in', broken: 'setns_pidfd = EBADF' },
  },
  {
    ...exec,
    drop: /^setns\(.*CLONE_NEWIPC\)/,
    consequence: 'the newcomer has the shared memory of the host, and not that of the container',
    see: namespace('ipc'),
  },
  {
    ...exec,
    drop: /^setns\(.*CLONE_NEWUTS\)/,
    consequence: 'the newcomer takes the name of the host for its own, and can change it',
    see: { inside: 'hostname', kept: 'box', broken: 'machine' },
  },
  {
    ...exec,
    drop: /^setns\(.*CLONE_NEWNET\)/,
    consequence: 'the newcomer is in the network of the host',
    see: namespace('net'),
  },
  {
    ...exec,
    drop: /^setns\(.*CLONE_NEWCGROUP\)/,
    consequence: 'the newcomer sees above the group of the container',
    see: namespace('cgroup'),
  },
  {
    ...exec,
    drop: /^setns\(.*CLONE_NEWPID\)/,
    consequence: 'the newcomer lives on when the container ends: it has no number inside',
    see: namespace('pid'),
  },
  {
    ...exec,
    drop: /^setns\(.*CLONE_NEWNS\)/,
    consequence: 'the newcomer has the files of the host',
    see: namespace('mnt'),
  },
  {
    ...exec,
    drop: /^close\(/,
    consequence: 'the terminal gets another number than the one that the list counts on',
    options: withTerminal,
    see: { inside: 'tty', kept: '/dev/pts/\\d+', broken: 'ioctl_\\w+ = \\w+' },
  },
  {
    ...exec,
    drop: /^clone\(/,
    consequence: 'only the children of the command have numbers inside, and the command has not',
    see: namespace('pid'),
  },
  {
    ...exec,
    drop: /^prctl\(PR_SET_PDEATHSIG/,
    nth: 0,
    consequence: 'the newcomer lives on without the process that waits for it',
    see: {
      inside: 'echo ready; exec sleep 20',
      outside:
        "alive() { grep -qs '^State:.[^ZX]' /proc/$newcomer/status; }; kill -KILL $machine; n=0; " +
        'while alive && [ $n -lt 10 ]; do sleep 0.1; n=$((n + 1)); done; ' +
        'alive && echo alive || echo gone; kill -KILL $newcomer',
      kept: 'gone',
      broken: 'alive',
    },
  },
  {
    ...exec,
    drop: /^chdir\("\/[a-z]/,
    consequence: 'the command starts in /',
    options: () => ({ cwd: '/tmp' }),
    see: { inside: 'pwd', kept: '/tmp', broken: '/' },
  },
  {
    ...exec,
    drop: /^getcwd\(/,
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
    ...exec,
    drop: /^ioctl\(.*TIOCGPTPEER/,
    consequence: 'the newcomer has one side of its terminal, and nothing to read from',
    options: withTerminal,
    see: { inside: 'tty', kept: '/dev/pts/\\d+', broken: 'ioctl_ctty = EBADF' },
  },
  {
    ...exec,
    drop: /^fchown\(.*, 5\)/,
    consequence: 'its user cannot open the terminal again by its name',
    options: () => ({ ...withTerminal(), user: { uid: 1000, gid: 1000, groups: [] } }),
    see: { inside: 'echo open > $(tty)', kept: 'open', broken: '.*Permission denied' },
  },
]
