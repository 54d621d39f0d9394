/** The lines of limits that are asked for rarely. What the host reads shows that they hold. */
import type { Consequence } from '../../runtime/consequence.ts'
import { diskHere, limited, valueOf } from './limited.ts'

const inside = 'echo ready; read line'
const rate = 2 ** 30

export const moreConsequences: Consequence[] = [
  {
    drop: /^write\(".*\/cpu\.cfs_period_us"/,
    consequence: 'its quota counts for the ordinary period, and means another share',
    options: limited({ cpuPeriodUs: 20_000, cpuQuotaUs: 5000 }),
    see: { inside, ...valueOf('cpu.cfs_period_us'), kept: '20000', broken: '100000' },
  },
  {
    drop: /^write\(".*\/cpu\.rt_period_us"/,
    consequence: 'its real-time threads have to wait for a second, not for the period asked for',
    options: limited({ cpuRtPeriodUs: 500_000, cpuRtRuntimeUs: 1000 }),
    where: '/sys/fs/cgroup/cpu/cpu.rt_period_us',
    see: { inside, ...valueOf('cpu.rt_period_us'), kept: '500000', broken: '1000000' },
  },
  {
    drop: /^write\(".*\/cpu\.rt_runtime_us"/,
    consequence: 'a new group has no real-time at all, and sched_setscheduler(2) fails in it',
    options: limited({ cpuRtRuntimeUs: 1000 }),
    where: '/sys/fs/cgroup/cpu/cpu.rt_runtime_us',
    see: { inside, ...valueOf('cpu.rt_runtime_us'), kept: '1000', broken: '0' },
  },
  {
    drop: /^write\(".*\/memory\.(soft_limit_in_bytes|low)"/,
    consequence: 'when memory runs short, the kernel takes from it as from all others',
    options: limited({ memoryReservationBytes: 8 * 2 ** 20 }),
    see: {
      inside,
      ...valueOf('memory.soft_limit_in_bytes', 'memory.low'),
      kept: '8388608',
      broken: '\\d{12,}|0',
    },
  },
  {
    drop: /^write\(".*\/memory\.swappiness"/,
    consequence: 'its memory is swapped as readily as that of all others',
    options: limited({ memorySwappiness: 7 }),
    see: { inside, ...valueOf('memory.swappiness'), kept: '7', broken: '60|100' },
  },
  {
    drop: /^write\(".*\/memory\.oom_control"/,
    consequence: 'out of memory, a process of it is killed and does not wait',
    options: limited({ oomKillDisable: true }),
    see: {
      inside,
      ...valueOf('memory.oom_control'),
      kept: 'oom_kill_disable 1.*',
      broken: 'oom_kill_disable 0.*',
    },
  },
  {
    drop: /^write\(".*\/(blkio\.bfq\.weight|io\.weight)"/,
    consequence: 'when all want the disks, it has as large a part as anybody else',
    options: limited({ blkioWeight: 500 }),
    see: {
      inside,
      ...valueOf('blkio.bfq.weight', 'io.weight'),
      kept: '500|default 4950',
      broken: '100|default 100',
    },
  },
  ...throttles([
    ['deviceReadBps', 'read_bps', 'rbps', 'it can take all that the disk can read in a second'],
    ['deviceWriteBps', 'write_bps', 'wbps', 'it can take all that the disk can write in a second'],
    ['deviceReadIops', 'read_iops', 'riops', 'many small reads keep the disk from all others'],
    ['deviceWriteIops', 'write_iops', 'wiops', 'many small writes keep the disk from all others'],
  ]),
]

type Field = 'deviceReadBps' | 'deviceWriteBps' | 'deviceReadIops' | 'deviceWriteIops'

/** Version 1 has a file for each, version 2 one line that names all four. */
function throttles(all: [Field, file: string, word: string, consequence: string][]) {
  return all.map(([field, file, word, consequence]): Consequence => {
    const name = `blkio.throttle.${file}_device`
    return {
      drop: new RegExp(`^write\\(".*/(${name}"|io\\.max", ".* ${word}=)`),
      consequence,
      options: limited({ [field]: [diskHere(rate)] }),
      see: {
        inside,
        ...valueOf(name, 'io.max'),
        kept: `\\d+:\\d+ (?:${rate}|.*${word}=${rate}.*)`,
        broken: '',
      },
    }
  })
}
