/** Command line. What is often believed of containers, tried: by the chapter that knows better. */
import type { Misconception } from '../runtime/consequence.ts'
import type { PlanOptions } from '../runtime/container/run.ts'
import { stepOf, type Call, type Step } from '../runtime/step.ts'

const waits = 'echo ready; read line'
/** Whose files are at the top, as far up as one gets. */
const climb = 'cd ../../../../../../../../..; [ -e etc/os-release ] && echo host || echo image'
const is = (name: string) => (step: Step) => step.call[0] === name

export const misconceptions: Record<number, Misconception<PlanOptions>[]> = {
  1: [
    {
      name: 'no-private',
      belief: 'a mount namespace of its own is enough; nothing has to be made private',
      alter: (list) => list.filter(({ call }) => !(call[0] === 'mount' && call[2] === '/')),
      consequence:
        "the container's /proc appears on the machine: the copies of shared mounts are peers",
      see: {
        inside: waits,
        outside: `awk '$5 == "/proc"' /proc/$machine/mountinfo | wc -l`,
        kept: '1',
        broken: '2',
      },
    },
    {
      name: 'no-fork',
      belief: 'unshare(CLONE_NEWPID) moves the process that calls it',
      alter: (list) => list.filter((step) => !is('fork')(step)),
      consequence: 'only children move: the first to end was process 1, and no other can be born',
      see: {
        inside: 'sh -c :; sh -c "echo a second one" 2> /dev/null; true',
        kept: 'a second one',
        broken: '',
      },
    },
    {
      name: 'old-proc',
      belief: 'a pid namespace is enough for ps to show nothing but the container',
      alter: (list) => list.filter(({ call }) => !(call[0] === 'mount' && call[2] === '/proc')),
      consequence: "ps reads /proc, and that is still the host's, with the host's numbers",
      see: { inside: 'read id rest < /proc/self/stat; echo $id', kept: '1', broken: '\\d{2,}' },
    },
  ],
  2: [
    {
      name: 'joined-late',
      belief: 'the process can be put into its group once it runs',
      alter: (list) =>
        list.filter(({ call }) => !(call[0] === 'write' && /(tasks|cgroup\.procs)$/.test(call[1]))),
      consequence: 'what it started before is outside the group, and under no limit',
      options: ({ group }) => ({ group: { ...group, limits: { pidsMax: 20 } } }),
      see: {
        inside: `sleep 100 & echo ready; read line; kill $!`,
        outside: `for dir in /sys/fs/cgroup/$group /sys/fs/cgroup/pids/$group; do
            [ -d $dir ] && echo $first > $dir/cgroup.procs && cat $dir/cgroup.procs | wc -l
          done`,
        kept: '2',
        broken: '1',
      },
    },
  ],
  3: [
    {
      name: 'chroot',
      belief: 'chroot is enough to lock a process in',
      alter: throughChroot,
      consequence: "root steps out of it with two calls, and has the host's files",
      see: {
        inside: `mkdir /x; nsenter -r/x -w/ bin/busybox sh -c '${climb}'`,
        kept: 'image',
        broken: 'host',
      },
    },
  ],
  4: [
    {
      name: 'work-elsewhere',
      belief: 'the work directory is scratch space, and may be on a tmpfs',
      alter: (list) => insertBefore(list, is('mount'), 'overlay', tmpfsOn('work')),
      consequence: 'a file is moved from work to upper in one step, which needs one file system',
      see: { inside: 'echo it ran', kept: 'it ran', broken: 'mount = EINVAL' },
    },
  ],
}

const step = stepOf(3)
const why = 'as it is often believed'

/** In place of the four lines that change the root and let go of the old one. */
function throughChroot(list: Step[], { root }: PlanOptions): Step[] {
  const calls: Call[] = [
    ['chroot', root],
    ['chdir', '/'],
  ]
  const instead = calls.map((call) => step(call, why))
  return list.flatMap((each) => {
    const [name, first] = each.call
    if (name === 'pivot_root') return instead
    const isOfOldRoot = name === 'umount2' || (name === 'chdir' && first === root)
    return isOfOldRoot ? [] : [each]
  })
}

function tmpfsOn(target: string): Step {
  return step(['mount', 'tmpfs', target, 'tmpfs', [], null], why)
}

function insertBefore(
  list: Step[],
  isPlace: (step: Step) => boolean,
  type: string,
  added: Step,
): Step[] {
  return list.flatMap((each) => (isPlace(each) && each.call[3] === type ? [added, each] : [each]))
}
