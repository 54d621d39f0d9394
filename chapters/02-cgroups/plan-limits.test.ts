/** What each limit adds to the list, in both versions; runs anywhere, without root. */
import { describe, expect, it } from 'vitest'
import { group, joinGroup, type Group } from '../../runtime/02-cgroups/cgroup.ts'
import { limitSteps } from '../../runtime/02-cgroups/update.ts'
import { inheritance } from '../../runtime/01-namespaces/inheritance.ts'
import { namespaces } from '../../runtime/01-namespaces/namespaces.ts'
import type { Cgroups } from '../../runtime/02-cgroups/hierarchies.ts'
import type { Limits } from '../../runtime/02-cgroups/limits.ts'
import { updateSteps } from '../../runtime/02-cgroups/update.ts'
import { strace } from '../../runtime/strace.ts'
import type { Step } from '../../runtime/step.ts'
import { hybrid, v1, v2 } from './machines.ts'

const mebibyte = 2 ** 20

/** What is written into the group, by file, without the directories. */
function written(cgroups: Cgroups, limits: Limits, more: Partial<Group> = {}): string[] {
  const steps = group({ name: 'stepbox-1', cgroups, limits, ...more })
  return steps.flatMap(({ call }) =>
    call[0] === 'write' ? [`${call[1].split('/').at(-1)} ${call[2]}`] : [],
  )
}

const lines = (steps: Step[]) => steps.map(({ call }) => strace(call))

describe('memory and swap', () => {
  const memory = (limits: Limits) => [written(v1, limits), written(v2, limits)]

  it('by default there is as much swap as memory, as in Docker', () => {
    expect(memory({ memoryBytes: 64 * mebibyte })).toEqual([
      ['memory.limit_in_bytes 67108864', 'memory.memsw.limit_in_bytes 134217728'],
      ['memory.max 67108864', 'memory.swap.max 67108864'],
    ])
  })

  it('version 1 limits both together, version 2 swap alone', () => {
    expect(memory({ memoryBytes: 64 * mebibyte, memorySwapBytes: 96 * mebibyte })).toEqual([
      ['memory.limit_in_bytes 67108864', 'memory.memsw.limit_in_bytes 100663296'],
      ['memory.max 67108864', 'memory.swap.max 33554432'],
    ])
  })

  it('as much for both together as for memory is no swap', () => {
    const bytes = 64 * mebibyte
    expect(memory({ memoryBytes: bytes, memorySwapBytes: bytes }).map((all) => all[1])).toEqual([
      'memory.memsw.limit_in_bytes 67108864',
      'memory.swap.max 0',
    ])
  })

  it('-1 is any amount of swap', () => {
    const limits = { memoryBytes: 64 * mebibyte, memorySwapBytes: -1 }
    expect(memory(limits).map((all) => all[1])).toEqual([
      'memory.memsw.limit_in_bytes -1',
      'memory.swap.max max',
    ])
  })

  it('a reservation needs no limit', () => {
    expect(memory({ memoryReservationBytes: 32 * mebibyte })).toEqual([
      ['memory.soft_limit_in_bytes 33554432'],
      ['memory.low 33554432'],
    ])
  })

  it('swappiness and waiting for memory exist in version 1 only', () => {
    expect(memory({ memorySwappiness: 0, oomKillDisable: true })).toEqual([
      ['memory.swappiness 0', 'memory.oom_control 1'],
      [],
    ])
  })
})

describe('processors', () => {
  it.each<[string, Limits, string[], string[]]>([
    ['a quota', { cpuQuotaUs: 25000 }, ['cpu.cfs_quota_us 25000'], ['cpu.max 25000 100000']],
    ['a period', { cpuPeriodUs: 50000 }, ['cpu.cfs_period_us 50000'], ['cpu.max max 50000']],
    [
      'both, the period first, as the quota is checked against it',
      { cpuQuotaUs: 25000, cpuPeriodUs: 50000 },
      ['cpu.cfs_period_us 50000', 'cpu.cfs_quota_us 25000'],
      ['cpu.max 25000 50000'],
    ],
    ['no quota any more', { cpuQuotaUs: -1 }, ['cpu.cfs_quota_us -1'], ['cpu.max max 100000']],
    [
      'time for real-time threads, the period first',
      { cpuRtRuntimeUs: 10000, cpuRtPeriodUs: 500000 },
      ['cpu.rt_period_us 500000', 'cpu.rt_runtime_us 10000'],
      [],
    ],
    [
      'memory nodes',
      { cpusetMems: '0' },
      ['cpuset.cpus 0-3', 'cpuset.mems 0'],
      ['cpuset.mems 0'],
    ],
  ])('%s', (...[, limits, one, two]) => {
    expect([written(v1, limits), written(v2, limits)]).toEqual([one, two])
  })
})

describe('disks', () => {
  const disk = { path: '/dev/sda', device: '8:0' }

  it('each rate is a line, in version 2 of one file', () => {
    const limits: Limits = {
      deviceReadBps: [{ ...disk, rate: mebibyte }],
      deviceWriteBps: [{ ...disk, rate: 2 * mebibyte }],
      deviceReadIops: [{ ...disk, rate: 100 }, { path: '/dev/sdb', device: '8:16', rate: 50 }],
      deviceWriteIops: [{ ...disk, rate: 200 }],
    }
    expect(written(hybrid, limits)).toEqual([
      'blkio.throttle.read_bps_device 8:0 1048576',
      'blkio.throttle.write_bps_device 8:0 2097152',
      'blkio.throttle.read_iops_device 8:0 100',
      'blkio.throttle.read_iops_device 8:16 50',
      'blkio.throttle.write_iops_device 8:0 200',
    ])
    expect(written(v2, limits)).toEqual([
      'io.max 8:0 rbps=1048576',
      'io.max 8:0 wbps=2097152',
      'io.max 8:0 riops=100',
      'io.max 8:16 riops=50',
      'io.max 8:0 wiops=200',
    ])
  })

  it("weights are BFQ's; version 2's own have another range, and none for single disks", () => {
    const limits: Limits = { blkioWeight: 500, blkioWeightDevice: [{ ...disk, rate: 300 }] }
    expect(written(v1, limits)).toEqual(['blkio.bfq.weight 500', 'blkio.bfq.weight_device 8:0 300'])
    expect(written(v2, limits, { hasBfq: true })).toEqual([
      'io.bfq.weight 500',
      'io.bfq.weight 8:0 300',
    ])
    const ends = [10, 500, 1000].map((blkioWeight) => written(v2, { blkioWeight }))
    expect(ends).toEqual([['io.weight 1'], ['io.weight 4950'], ['io.weight 10000']])
  })
})

describe('a parent', () => {
  const inTeam = (cgroups: Cgroups, newParents: string[]): Group => ({
    ...{ name: 'stepbox-1', cgroups, limits: { pidsMax: 20 }, parent: '/team', newParents },
  })

  it('that is new is made in each tree that is used', () => {
    const pids = hybrid.hierarchies.filter(({ controllers }) => controllers.includes('pids'))
    const wanted = inTeam({ hierarchies: pids }, ['/sys/fs/cgroup/pids/team'])
    expect(lines([...group(wanted), ...joinGroup(wanted)])).toEqual([
      'mkdir("/sys/fs/cgroup/pids/team", 0755)',
      'mkdir("/sys/fs/cgroup/pids/team/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/pids/team/stepbox-1/pids.max", "20")',
      'write("/sys/fs/cgroup/pids/team/stepbox-1/tasks", "0")',
    ])
  })

  it('that is there is left as it is, but in version 2 hands its controllers down', () => {
    expect(lines(group(inTeam(v2, [])))).toEqual([
      'write("/sys/fs/cgroup/team/cgroup.subtree_control", "+memory +io +pids")',
      'mkdir("/sys/fs/cgroup/team/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/team/stepbox-1/pids.max", "20")',
    ])
  })

  it('that is new in the cpuset tree of version 1 gets processors and memory nodes', () => {
    const wanted = {
      ...inTeam(v1, ['/sys/fs/cgroup/cpuset/team']),
      limits: { cpusetCpus: '0' },
    }
    expect(lines(group(wanted)).filter((line) => line.includes('/cpuset/'))).toEqual([
      'mkdir("/sys/fs/cgroup/cpuset/team", 0755)',
      'write("/sys/fs/cgroup/cpuset/team/cpuset.cpus", "0-3")',
      'write("/sys/fs/cgroup/cpuset/team/cpuset.mems", "0")',
      'mkdir("/sys/fs/cgroup/cpuset/team/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/cpuset/team/stepbox-1/cpuset.cpus", "0")',
      'write("/sys/fs/cgroup/cpuset/team/stepbox-1/cpuset.mems", "0")',
    ])
  })
})

describe('an update', () => {
  const at = (cgroups: Cgroups, limits: Limits): Group => ({ name: 'stepbox-1', cgroups, limits })
  const made = (tree: string) => ({ dirs: [`/sys/fs/cgroup/${tree}stepbox-1`], pids: [7, 9] })

  it('writes only what changes', () => {
    expect(lines(limitSteps(at(v2, { pidsMax: -1, cpuShares: 512 }), made('')))).toEqual([
      'write("/sys/fs/cgroup/stepbox-1/cpu.weight", "59")',
      'write("/sys/fs/cgroup/stepbox-1/pids.max", "max")',
    ])
  })

  it('tells version 1 of memory with swap first where the limits grow', () => {
    const limits = { memoryBytes: 64 * mebibyte, memorySwapBytes: 128 * mebibyte }
    const files = (before: Limits) =>
      updateSteps(at(v1, limits), made('memory/'), before).map(({ call }) =>
        String(call[1]).split('/').at(-1),
      )
    const both = ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes']
    expect(files({ memoryBytes: 32 * mebibyte })).toEqual(both.toReversed())
    expect(files({ memoryBytes: 128 * mebibyte })).toEqual(both)
    expect(files({})).toEqual(both)
  })

  it('makes the group in a tree that it was not in, and then moves its processes', () => {
    const steps = limitSteps(at(hybrid, { pidsMax: 20 }), made('memory/'))
    expect(lines(steps)).toEqual([
      'mkdir("/sys/fs/cgroup/pids/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/pids/stepbox-1/pids.max", "20")',
      'write("/sys/fs/cgroup/pids/stepbox-1/cgroup.procs", "7")',
      'write("/sys/fs/cgroup/pids/stepbox-1/cgroup.procs", "9")',
    ])
  })
})

it('--oom-score-adj is the value of a line that is there anyway, and has to succeed', () => {
  const scores = [undefined, 500].map((score) =>
    inheritance(score).find(({ call }) => call[1] === '/proc/self/oom_score_adj'),
  )
  expect(scores.map((step) => [step && strace(step.call), step?.ignoring])).toEqual([
    ['write("/proc/self/oom_score_adj", "0")', 'EACCES'],
    ['write("/proc/self/oom_score_adj", "500")', undefined],
  ])
})

it("--cgroupns host leaves the container in the host's view of groups", () => {
  expect(lines(namespaces({ network: 'none', cgroupns: 'host' }))).toEqual([
    'unshare(CLONE_NEWNS|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWNET)',
  ])
})
