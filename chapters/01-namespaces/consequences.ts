/** Each line of the list, and what happens without it. */
import type { Consequence } from '../../runtime/consequence.ts'
import { inherited } from './inherited-consequences.ts'

const user = { uid: 1000, gid: 1000 }
const waits = 'echo ready; read line'

export const consequences: Consequence[] = [
  {
    drop: /^close_range/,
    consequence: 'a file that the caller had open can be read inside, path or no path',
    before: [['open', '/etc/passwd', ['O_RDONLY'], 0]],
    see: {
      inside: '(read line <&4) 2> /dev/null && echo open || echo closed',
      kept: 'closed',
      broken: 'open',
    },
  },
  {
    drop: /^unshare\(CLONE_NEWPID\)/,
    consequence: 'the command is one of the processes of the host and has an ordinary id',
    see: { inside: 'echo $$', kept: '1', broken: '\\d{2,}' },
  },
  {
    drop: /^setns\(.*CLONE_NEWPID/,
    consequence: 'the command is in another pid namespace than the container it was to join',
    options: () => ({ pid: `/proc/${process.pid}/ns/pid` }),
    before: [['unshare', ['CLONE_NEWPID']]],
    see: { inside: 'echo $$', kept: '\\d{2,}', broken: '1' },
  },
  {
    drop: /^setns\(.*CLONE_NEWIPC/,
    consequence: 'the message queues are not those of the container it was to join',
    options: () => ({ ipc: `/proc/${process.pid}/ns/ipc` }),
    see: {
      inside: waits,
      outside: `[ /proc/${process.pid}/ns/ipc -ef /proc/$first/ns/ipc ] && echo one || echo two`,
      kept: 'one',
      broken: 'two',
    },
  },
  {
    drop: /^fork/,
    consequence: 'the first process to end takes the pid namespace with it; no other can start',
    see: {
      inside: 'sh -c :; sh -c "echo a second one" 2> /dev/null; true',
      kept: 'a second one',
      broken: '',
    },
  },
  {
    drop: /^prctl/,
    nth: 0,
    consequence: 'the container lives on when the native program is killed with -9',
    see: {
      inside: `${waits}; echo still here`,
      outside: 'kill -KILL $machine; while kill -0 $machine 2> /dev/null; do :; done',
      kept: '',
      broken: 'still here',
    },
  },
  ...inherited,
  {
    drop: /^unshare\(CLONE_NEWNS/,
    consequence: 'the machine itself is renamed, and its /proc is covered',
    see: renamed('box'),
  },
  {
    drop: /^unshare\(CLONE_NEWNS/,
    flag: 'CLONE_NEWNS',
    consequence: "the container's /proc is mounted on the machine's",
    see: proc(2),
  },
  {
    drop: /^unshare\(CLONE_NEWNS/,
    flag: 'CLONE_NEWUTS',
    consequence: 'the machine itself is renamed',
    see: renamed('box'),
  },
  {
    drop: /^unshare\(CLONE_NEWNS/,
    flag: 'CLONE_NEWIPC',
    consequence: "the container can read the machine's message queues",
    needs: ['ipcmk', 'ipcs'],
    see: {
      inside: `ipcmk -Q > /dev/null; ${waits}`,
      outside: 'nsenter -t $machine -i ipcs -q | grep -c 0x',
      kept: '0',
      broken: '1',
    },
  },
  {
    drop: /^unshare\(CLONE_NEWNS/,
    flag: 'CLONE_NEWCGROUP',
    consequence: "the container sees where in the host's tree of groups it is",
    see: {
      inside: waits,
      outside: '[ /proc/$machine/ns/cgroup -ef /proc/$first/ns/cgroup ] && echo one || echo two',
      kept: 'two',
      broken: 'one',
    },
  },
  {
    drop: /^unshare\(CLONE_NEWNS/,
    flag: 'CLONE_NEWNET',
    consequence: "the container has the machine's network, and brings up its lo",
    see: {
      inside: waits,
      outside: 'grep -q 127.0.0.1 /proc/$machine/net/fib_trie && echo up || echo down',
      kept: 'down',
      broken: 'up',
    },
  },
  {
    drop: /^mount\(NULL, "\/"/,
    consequence: "the container's /proc appears on the machine, where it is empty afterwards",
    see: proc(2),
  },
  {
    drop: /^mount\(NULL, "\/"/,
    flag: 'MS_REC',
    consequence: 'only / itself is private; what is mounted on /proc still travels',
    see: proc(2),
  },
  {
    drop: /^sethostname/,
    consequence: 'the container has the name of the machine',
    see: { inside: 'uname -n', kept: 'box', broken: 'machine' },
  },
  {
    drop: /^setdomainname/,
    consequence: 'the container has the NIS domain of the machine',
    options: () => ({ domainname: 'dom' }),
    see: { inside: 'cat /proc/sys/kernel/domainname', kept: 'dom', broken: '(?!dom$).*' },
  },
  {
    drop: /^ioctl\(socket/,
    consequence: '127.0.0.1 is unreachable',
    see: {
      inside: 'grep -q 127.0.0.1 /proc/net/fib_trie && echo up || echo down',
      kept: 'up',
      broken: 'down',
    },
  },
  {
    drop: /^mount\("proc"/,
    consequence: "/proc shows the host's processes, and their ids mean others here",
    see: { inside: 'read id rest < /proc/self/stat; echo $id', kept: '1', broken: '\\d{2,}' },
  },
  {
    drop: /^setsid/,
    consequence: "the container is in the caller's session: keys are sent to it, it can type",
    see: { inside: 'cut -d" " -f6 /proc/self/stat', kept: '1', broken: '0' },
  },
  {
    drop: /^chdir/,
    consequence: 'the command starts wherever the caller was',
    options: () => ({ cwd: '/usr' }),
    before: [['chdir', '/']],
    see: { inside: 'pwd', kept: '/usr', broken: '/' },
  },
  {
    drop: /^setgroups/,
    consequence: "the container may read what the caller's groups may read",
    before: [['setgroups', [4242]]],
    see: { inside: 'id -G', kept: '0', broken: '0 4242' },
  },
  {
    drop: /^setgid/,
    consequence: "the user inside still has root's group",
    options: () => ({ user }),
    see: { inside: 'id -g', kept: '1000', broken: '0' },
  },
  {
    drop: /^setuid/,
    consequence: 'the command runs as root',
    options: () => ({ user }),
    see: { inside: 'id -u', kept: '1000', broken: '0' },
  },
  {
    drop: /^prctl/,
    nth: 1,
    consequence: 'the container of an ordinary user lives on when the native program is killed',
    options: () => ({ user }),
    see: {
      inside: `${waits}; echo still here`,
      outside: 'kill -KILL $machine; while kill -0 $machine 2> /dev/null; do :; done',
      kept: '',
      broken: 'still here',
    },
  },
  {
    drop: /^umask/,
    consequence: "files have the modes that the caller's umask leaves them",
    before: [['umask', 0]],
    see: { inside: 'umask', kept: '0022', broken: '0000' },
  },
  {
    drop: /^execvpe/,
    consequence: 'the list ends, and no command was run',
    see: { inside: 'echo it ran', kept: 'it ran', broken: '' },
  },
]

/** The name of the machine, asked from outside. */
function renamed(name: string): Consequence['see'] {
  return {
    inside: waits,
    outside: 'nsenter -t $machine -u uname -n',
    kept: 'machine',
    broken: name,
  }
}

/** How many file systems are mounted on the machine's /proc. */
function proc(mounts: number): Consequence['see'] {
  const outside = `awk '$5 == "/proc"' /proc/$machine/mountinfo | wc -l`
  return { inside: waits, outside, kept: '1', broken: String(mounts) }
}
