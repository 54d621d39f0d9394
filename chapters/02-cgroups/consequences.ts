/** Each line that this chapter adds to the list, and what happens without it. */
import type { Limits } from '../../runtime/02-cgroups/limits.ts'
import type { Consequence } from '../../runtime/consequence.ts'
import { limited, valueOf } from './limited.ts'
import { moreConsequences } from './more-consequences.ts'

const waits = 'echo ready; read line'
const all: Limits = {
  memoryBytes: 16 * 2 ** 20,
  cpus: 0.1,
  cpuShares: 512,
  cpusetCpus: '0',
  pidsMax: 20,
}

/** Which machine writes which file: version 1 is named first. */
export const consequences: Consequence[] = [
  {
    drop: /^write\(".*\/cgroup\.subtree_control"/,
    consequence: 'the groups below have no such controller, and so no file for its limit',
    options: limited(all),
    see: { inside: 'echo it ran', kept: 'it ran', broken: 'write = ENOENT' },
  },
  {
    drop: /^mkdir\(".*\/stepbox-/,
    consequence: 'there is no group, and nothing to write its limits into',
    options: limited(all),
    see: { inside: 'echo it ran', kept: 'it ran', broken: 'write = ENOENT' },
  },
  {
    drop: /^write\(".*\/(cpu\.cfs_quota_us|cpu\.max)"/,
    consequence: 'the command is never held back: one container can take a whole processor',
    options: limited({ cpus: 0.04 }), // so little that a busy machine leaves it more
    see: {
      inside: `i=0; while [ $((i += 1)) -lt 12000 ]; do :; done; ${waits}`,
      outside: `cat /sys/fs/cgroup/$group/cpu.stat /sys/fs/cgroup/*/$group/cpu.stat |
        awk '/nr_throttled/ { n += $2 } END { print (n > 0 ? "held back" : "never") }'`,
      kept: 'held back',
      broken: 'never',
    },
  },
  {
    drop: /^write\(".*\/(cpu\.shares|cpu\.weight)"/,
    consequence: 'when all want the processors, it has as large a part as anybody else',
    options: limited({ cpuShares: 512 }),
    see: {
      inside: waits,
      ...valueOf('cpu.shares', 'cpu.weight'),
      kept: '512|59',
      broken: '1024|100',
    },
  },
  {
    drop: /^write\(".*\/cpuset\.cpus"/,
    consequence: 'it runs on every processor; version 1 takes no process into such a group',
    options: limited({ cpusetCpus: '0' }),
    see: {
      inside: 'grep Cpus_allowed_list /proc/self/status',
      kept: 'Cpus_allowed_list:\t0',
      broken: 'write = ENOSPC|Cpus_allowed_list:\t0[-,].*',
    },
  },
  {
    drop: /^write\(".*\/cpuset\.mems"/,
    consequence: 'the group takes no process in: it has processors, but no memory to run from',
    options: limited({ cpusetCpus: '0' }),
    see: { inside: 'echo it ran', kept: 'it ran', broken: 'write = ENOSPC' },
  },
  {
    drop: /^write\(".*\/memory\.(limit_in_bytes|max)"/,
    consequence: 'one container can use up the memory of the host, and nobody is killed for it',
    options: limited({ memoryBytes: 16 * 2 ** 20 }),
    see: {
      inside:
        'dd if=/dev/zero of=/dev/null bs=64M count=1 2> /dev/null && echo lived || echo killed',
      kept: 'killed',
      broken: 'lived|write = EINVAL',
    },
  },
  {
    drop: /^write\(".*\/memory\.(memsw\.limit_in_bytes|swap\.max)"/,
    consequence: 'what does not fit into the limit is swapped to disk, without any limit',
    options: limited({ memoryBytes: 16 * 2 ** 20 }),
    see: {
      inside: waits,
      ...valueOf('memory.memsw.limit_in_bytes', 'memory.swap.max'),
      kept: '33554432|16777216',
      broken: '\\d{12,}|max',
    },
  },
  {
    drop: /^write\(".*\/pids\.max"/,
    consequence: 'a fork bomb goes on until the host has no process ids left',
    options: limited({ pidsMax: 20 }),
    see: {
      inside: `sh -c 'i=0; while [ $((i += 1)) -le 30 ]; do sleep 9 & done; echo all thirty' \\
        2> /dev/null || echo stopped`,
      kept: 'stopped',
      broken: 'all thirty',
    },
  },
  {
    drop: /^write\(".*\/(tasks|cgroup\.procs)", "0"\)/,
    consequence: 'there is a group with limits, and the container runs outside of it',
    options: limited(all),
    see: {
      inside: waits,
      outside: `for dir in /sys/fs/cgroup/$group /sys/fs/cgroup/*/$group; do
        [ ! -d $dir ] || grep -qx $first $dir/cgroup.procs || echo outside of it
      done; echo looked`,
      kept: 'looked',
      broken: 'outside of it\nlooked',
    },
  },
  ...moreConsequences,
]
