/** What it promises of a container, kept from here on and broken before. */
import type { Promised } from '../../test/promised.ts'

const waits = 'echo ready; read line'

export const promises: Promised[] = [
  {
    promise: 'it cannot use more memory than it was given',
    limits: { memoryBytes: 16 * 2 ** 20 },
    see: { inside: 'dd if=/dev/zero of=/dev/null bs=64M count=1 2> /dev/null && echo lived; true' },
    kept: '',
    broken: 'lived',
  },
  {
    promise: 'it cannot use more processor time than it was given',
    limits: { cpus: 0.04 },
    see: {
      inside: `i=0; while [ $((i += 1)) -lt 12000 ]; do :; done; ${waits}`,
      outside: `cat /sys/fs/cgroup/$group/cpu.stat /sys/fs/cgroup/*/$group/cpu.stat |
        awk '/nr_throttled/ { n += $2 } END { print (n > 0 ? "held back" : "never") }'`,
    },
    kept: 'held back',
    broken: 'never',
  },
  {
    promise: 'a fork bomb ends inside',
    limits: { pidsMax: 20 },
    see: {
      inside: `sh -c 'i=0; while [ $((i += 1)) -le 30 ]; do sleep 9 & done; echo all thirty' \\
        2> /dev/null || echo stopped`,
    },
    kept: 'stopped',
    broken: 'all thirty',
  },
]
