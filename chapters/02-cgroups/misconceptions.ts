/** What is often believed of control groups, tried. */
import type { Misconception } from '../../runtime/consequence.ts'

export const misconceptions: Misconception[] = [
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
]
