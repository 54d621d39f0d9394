/** Tests. The promises, one row each: since which chapter, what shows it, kept and broken. */
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Limits } from '../runtime/02-cgroups/cgroup.ts'
import type { Sight } from '../runtime/consequence.ts'
import { launch } from '../runtime/native.ts'
import type { PlanOptions } from '../runtime/options.ts'
import type { Call } from '../runtime/calls.ts'
import type { Step } from '../runtime/step.ts'
import { carryOut, processesReading, steps } from './carry-out.ts'
import { scratch } from './scratch.ts'
import { stepbox } from './stepbox.ts'
import { rootWithBusybox } from './busybox.ts'
import { facts } from './trees.ts'

/** A chapter's list; that of chapter 0, the bare host, is a fork and the command. */
export interface Candidate {
  number: number
  plan: (options: PlanOptions) => Step[]
  /** Ordinary options for a command that runs `script`. */
  world: (script: string) => PlanOptions
}

export interface Row {
  since: number
  promise: string
  /** Scripts, as in the chapters' consequences, or what else shows it. */
  see: Pick<Sight, 'inside' | 'outside'> | ((candidate: Candidate) => Promise<string>)
  /** All that is seen when it is kept, as a regular expression, and when it is broken. */
  kept: string
  broken: string
  options?: Partial<PlanOptions>
  limits?: Limits
  before?: Call[]
  /** Commands that it takes to look. */
  needs?: string[]
}

const waits = 'echo ready; read line'
const whoseRoot = '[ -d /usr/share ] && echo the host || echo its own'

export const promises: Row[] = [
  {
    since: 1,
    promise: 'its first process is number 1',
    see: { inside: 'echo $$' },
    kept: '1',
    broken: '\\d{2,}',
  },
  {
    since: 1,
    promise: 'it sees its own processes and no others',
    see: { inside: 'set -- /proc/[0-9]*; echo $#' },
    kept: '1',
    broken: '\\d{2,}',
  },
  {
    since: 1,
    promise: 'it has a name of its own: what it does to it, the host does not notice',
    needs: ['nsenter'],
    see: {
      inside: `echo renamed > /proc/sys/kernel/hostname; ${waits}`,
      outside: 'nsenter -t $machine -u uname -n',
    },
    kept: 'machine',
    broken: 'renamed',
  },
  {
    since: 1,
    promise: 'what it mounts is not mounted on the host',
    see: {
      inside: `mount -t tmpfs promised /tmp; ${waits}`,
      outside: 'grep -c " tmpfs promised " /proc/$machine/mountinfo',
    },
    kept: '0',
    broken: '1',
  },
  {
    since: 1,
    promise: 'its network is a loopback that works, and nothing of the host',
    see: {
      inside: `grep -q 127.0.0.1 /proc/net/fib_trie && echo up || echo down; ${waits}`,
      outside: '[ /proc/$machine/ns/net -ef /proc/$first/ns/net ] && echo shared || echo own; echo',
    },
    kept: 'own\n\nup\nready',
    broken: 'shared\n\ndown\nready',
  },
  {
    since: 1,
    promise: 'it ends when what started it is killed',
    see: {
      inside: `${waits}; echo still here`,
      outside: 'kill -KILL $machine; while kill -0 $machine 2> /dev/null; do :; done',
    },
    kept: '',
    broken: 'still here',
  },
  {
    since: 1,
    promise: 'nothing that it started outlives it',
    see: whatIsLeft,
    kept: 'nothing',
    broken: 'a process',
  },
  {
    since: 1,
    promise: 'a file that the caller had open is not open inside',
    before: [['open', '/etc/passwd', ['O_RDONLY'], 0]],
    see: { inside: '(read line <&4) 2> /dev/null && echo open || echo closed' },
    kept: 'closed',
    broken: 'open',
  },
  {
    since: 1,
    promise: "the keys of the caller's terminal are not for it: it has its own session",
    see: { inside: 'read id x x x x session x < /proc/self/stat; [ $id = $session ] && echo own' },
    kept: 'own',
    broken: '',
  },
  {
    since: 2,
    promise: 'it cannot use more memory than it was given',
    limits: { memoryBytes: 16 * 2 ** 20 },
    see: { inside: 'dd if=/dev/zero of=/dev/null bs=64M count=1 2> /dev/null && echo lived; true' },
    kept: '',
    broken: 'lived',
  },
  {
    since: 2,
    promise: 'it cannot use more processor time than it was given',
    limits: { cpus: 0.1 },
    see: {
      inside: `i=0; while [ $((i += 1)) -lt 30000 ]; do :; done; ${waits}`,
      outside: `cat /sys/fs/cgroup/$group/cpu.stat /sys/fs/cgroup/*/$group/cpu.stat |
        awk '/nr_throttled/ { n += $2 } END { print (n > 0 ? "held back" : "never") }'`,
    },
    kept: 'held back',
    broken: 'never',
  },
  {
    since: 2,
    promise: 'a fork bomb ends inside',
    limits: { pidsMax: 20 },
    see: {
      inside: `sh -c 'i=0; while [ $((i += 1)) -le 30 ]; do sleep 9 & done; echo all thirty' \\
        2> /dev/null || echo stopped`,
    },
    kept: 'stopped',
    broken: 'all thirty',
  },
  {
    since: 3,
    promise: 'its root is its own',
    see: { inside: whoseRoot },
    kept: 'its own',
    broken: 'the host',
  },
  {
    since: 3,
    promise: "none of the host's mounts is in its mount table",
    see: { inside: 'grep -c " /sys/fs/cgroup" /proc/self/mountinfo' },
    kept: '0',
    broken: '[1-9]\\d*',
  },
  {
    since: 3,
    promise: 'chroot in chroot, the classic escape, leads nowhere',
    see: escape,
    kept: 'its own',
    broken: 'the host',
  },
  {
    since: 3,
    promise: "it has a /dev of its own, and the host's disks are not in it",
    see: {
      inside: waits,
      outside: '[ /proc/$machine/root/dev -ef /proc/$first/root/dev ] && echo shared || echo own',
    },
    kept: 'own',
    broken: 'shared',
  },
  {
    since: 3,
    promise: "it cannot change the settings of the host's kernel",
    see: { inside: '(: >> /proc/sys/vm/swappiness) 2> /dev/null && echo opened || echo refused' },
    kept: 'refused',
    broken: 'opened',
  },
  {
    since: 3,
    promise: 'a working directory that leads out of the root is refused',
    options: { cwd: '/proc/self/fd/0' },
    before: [
      ['open', '/', ['O_RDONLY'], 0],
      ['dup2', 4, 0],
    ],
    see: { inside: '[ -d usr/share ] && echo the host' },
    kept: 'getcwd = ENOENT',
    broken: 'the host',
  },
  {
    since: 3,
    promise: 'with -t it has a terminal of its own, with job control',
    options: { terminal: { rows: 24, columns: 80 } },
    see: { inside: 'tty && (: < /dev/tty) && set -m && echo jobs' },
    kept: '/dev/(console|pts/0)\\s+jobs',
    broken: 'not a tty',
  },
  {
    since: 4,
    promise: 'what it writes and deletes leaves the image as it was',
    see: imageAfter,
    kept: 'as it was',
    broken: 'changed',
  },
  {
    since: 4,
    promise: 'two containers of one image do not see what the other writes',
    see: secondOfTwo,
    kept: 'unseen',
    broken: 'seen',
  },
  {
    since: 4,
    promise: 'its mount table tells no path of the host',
    see: { inside: 'grep -c rootfs /proc/self/mountinfo' },
    kept: '0',
    broken: '[1-9]\\d*',
  },
  {
    since: 4,
    promise: 'it knows its own name: /etc/hostname and /etc/hosts are told at its start',
    see: { inside: 'cat /etc/hostname 2> /dev/null; grep -c box /etc/hosts 2> /dev/null; true' },
    kept: 'box\n1',
    broken: '',
  },
  {
    since: 4,
    promise: 'with --read-only it writes nothing',
    options: { readOnly: true },
    see: { inside: '(: > /x) 2> /dev/null && echo written || echo refused' },
    kept: 'refused',
    broken: 'written',
  },
  {
    since: 5,
    promise: 'what it wrote becomes an image that runs again',
    see: secondLife,
    kept: 'written once\n',
    broken: "stepbox: 'commit' comes in chapter 5; this is chapter 4.*",
  },
]

/** Whether a process that it left in the background is there after it. */
async function whatIsLeft({ plan, world }: Candidate): Promise<string> {
  const mark = join(scratch(), 'mark')
  writeFileSync(mark, '')
  const begun = 'until readlink /proc/$!/fd/0 | grep -q mark; do :; done'
  const options = world(`exec 3<&0; setsid sleep 1000 <&3 & ${begun}`)
  const stdin = openSync(mark, 'r')
  await launch(plan(options), { stdio: [stdin, 'ignore', 'ignore'] }).outcome
  closeSync(stdin)
  const left = processesReading(mark)
  for (const pid of left) process.kill(pid, 'SIGKILL')
  return left.length > 0 ? 'a process' : 'nothing'
}

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

async function imageAfter({ number, plan, world }: Candidate): Promise<string> {
  const script = 'echo new > /etc/new; echo changed > /etc/passwd; rm -r /bin/ls /tmp'
  const options = world(`[ -d /usr/share ] || { ${script}; }`) // never on the host
  const image = number < 4 ? options.root : join(options.dir, options.layers.at(-1) ?? '')
  const before = await facts(image)
  await carryOut(plan(options))
  const after = await facts(image)
  return before.join('\n') === after.join('\n') ? 'as it was' : 'changed'
}

async function secondOfTwo({ plan, world }: Candidate): Promise<string> {
  await carryOut(plan(world('[ -d /usr/share ] || echo secret > /written')))
  const second = world('[ -e /written ] && echo seen || echo unseen')
  return (await carryOut(plan(second))).out.trim()
}

async function secondLife({ number }: Candidate): Promise<string> {
  const root = await rootWithBusybox()
  const chapter = ['--chapter', String(number)]
  const run = [...chapter, 'run', '--name', 'first', 'busybox', 'sh', '-c']
  await stepbox([...run, 'echo written once > /note'], { root })
  const commit = await stepbox([...chapter, 'commit', 'first', 'noted'], { root })
  if (commit.code !== 0) return commit.err
  return (await stepbox([...chapter, 'run', '--rm', 'noted', 'cat', '/note'], { root })).out
}
