/** What the list says on each kind of machine; runs anywhere, without root. */
import { describe, expect, it } from 'vitest'
import { group, groupDirs, joinGroup } from '../../runtime/02-cgroups/cgroup.ts'
import type { Cgroups } from '../../runtime/02-cgroups/hierarchies.ts'
import type { Limits } from '../../runtime/02-cgroups/limits.ts'
import { inheritance } from '../../runtime/01-namespaces/inheritance.ts'
import { planOptions } from '../../runtime/chapter.ts'
import { strace } from '../../runtime/strace.ts'
import { docker, hybrid, nested, twice, v1, v2, v2Bare } from './machines.ts'
import { plan } from './plan.ts'

const none = {}
const everything: Limits = {
  memoryBytes: 67108864,
  cpus: 0.5,
  cpuShares: 512,
  cpusetCpus: '0-1',
  pidsMax: 20,
}

function lines(cgroups: Cgroups, limits: Limits): string[] {
  const wanted = { name: 'stepbox-1', cgroups, limits }
  return [...group(wanted), ...joinGroup(wanted)].map(({ call }) => strace(call))
}

describe('on a machine with version 2', () => {
  it('one directory holds every limit', () => {
    expect(lines(v2, everything)).toEqual([
      'mkdir("/sys/fs/cgroup/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/stepbox-1/cpu.max", "50000 100000")',
      'write("/sys/fs/cgroup/stepbox-1/cpu.weight", "59")',
      'write("/sys/fs/cgroup/stepbox-1/cpuset.cpus", "0-1")',
      'write("/sys/fs/cgroup/stepbox-1/memory.max", "67108864")',
      'write("/sys/fs/cgroup/stepbox-1/memory.swap.max", "67108864")',
      'write("/sys/fs/cgroup/stepbox-1/pids.max", "20")',
      'write("/sys/fs/cgroup/stepbox-1/cgroup.procs", "0")',
    ])
  })

  it('without limits the container still has a group', () => {
    expect(lines(v2, none)).toEqual([
      'mkdir("/sys/fs/cgroup/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/stepbox-1/cgroup.procs", "0")',
    ])
  })

  it('a controller that is not handed down yet is enabled first', () => {
    expect(lines(v2Bare, { memoryBytes: 67108864, pidsMax: 20 })).toEqual([
      'write("/sys/fs/cgroup/cgroup.subtree_control", "+memory +io +pids")',
      'mkdir("/sys/fs/cgroup/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/stepbox-1/memory.max", "67108864")',
      'write("/sys/fs/cgroup/stepbox-1/memory.swap.max", "67108864")',
      'write("/sys/fs/cgroup/stepbox-1/pids.max", "20")',
      'write("/sys/fs/cgroup/stepbox-1/cgroup.procs", "0")',
    ])
  })

  it('the ends and the middle of cpu-shares become those of cpu.weight', () => {
    const weights = [2, 1024, 262144].map((cpuShares) => lines(v2, { cpuShares })[1])
    expect(weights).toEqual([
      'write("/sys/fs/cgroup/stepbox-1/cpu.weight", "1")',
      'write("/sys/fs/cgroup/stepbox-1/cpu.weight", "100")',
      'write("/sys/fs/cgroup/stepbox-1/cpu.weight", "10000")',
    ])
  })

  it('a machine that does not account for swap is no reason to stop', () => {
    const wanted = { name: 'stepbox-1', cgroups: v2, limits: { memoryBytes: 67108864 } }
    const swap = group(wanted).find(({ call }) => String(call[1]).endsWith('memory.swap.max'))
    expect(swap?.ignoring).toBe('ENOENT')
  })
})

describe('on a machine with version 1', () => {
  it('each tree has a directory, and trees mounted together one', () => {
    expect(lines(v1, everything)).toEqual([
      'mkdir("/sys/fs/cgroup/cpu,cpuacct/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/cpu,cpuacct/stepbox-1/cpu.cfs_quota_us", "50000")',
      'write("/sys/fs/cgroup/cpu,cpuacct/stepbox-1/cpu.shares", "512")',
      'mkdir("/sys/fs/cgroup/cpuset/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/cpuset/stepbox-1/cpuset.cpus", "0-1")',
      'write("/sys/fs/cgroup/cpuset/stepbox-1/cpuset.mems", "0")',
      'mkdir("/sys/fs/cgroup/memory/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/memory/stepbox-1/memory.limit_in_bytes", "67108864")',
      'write("/sys/fs/cgroup/memory/stepbox-1/memory.memsw.limit_in_bytes", "134217728")',
      'mkdir("/sys/fs/cgroup/blkio/stepbox-1", 0755)',
      'mkdir("/sys/fs/cgroup/pids/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/pids/stepbox-1/pids.max", "20")',
      'mkdir("/sys/fs/cgroup/freezer/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/cpu,cpuacct/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/cpuset/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/memory/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/blkio/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/pids/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/freezer/stepbox-1/tasks", "0")',
    ])
  })

  it('without limits only the trees that count and stop are joined', () => {
    expect(lines(v1, none)).toEqual([
      'mkdir("/sys/fs/cgroup/cpu,cpuacct/stepbox-1", 0755)',
      'mkdir("/sys/fs/cgroup/memory/stepbox-1", 0755)',
      'mkdir("/sys/fs/cgroup/blkio/stepbox-1", 0755)',
      'mkdir("/sys/fs/cgroup/freezer/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/cpu,cpuacct/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/memory/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/blkio/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/freezer/stepbox-1/tasks", "0")',
    ])
  })

  it('a tree that cpuset is mounted in gets processors and memory nodes in any case', () => {
    const together: Cgroups = {
      hierarchies: [
        {
          version: 1,
          mount: '/cgroup',
          controllers: ['cpu', 'cpuacct', 'cpuset', 'memory', 'pids', 'freezer'],
          enabled: ['cpu', 'cpuacct', 'cpuset', 'memory', 'pids', 'freezer'],
          occupied: false,
          writable: true,
        },
      ],
      cpus: '0-3',
      mems: '0',
    }
    expect(lines(together, none)).toEqual([
      'mkdir("/cgroup/stepbox-1", 0755)',
      'write("/cgroup/stepbox-1/cpuset.cpus", "0-3")',
      'write("/cgroup/stepbox-1/cpuset.mems", "0")',
      'write("/cgroup/stepbox-1/tasks", "0")',
    ])
  })
})

describe('on a hybrid machine', () => {
  it('a controller is used where it is mounted, and the version 2 tree not at all', () => {
    expect(lines(hybrid, { cpus: 2, pidsMax: 20 })).toEqual([
      'mkdir("/sys/fs/cgroup/cpu/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/cpu/stepbox-1/cpu.cfs_quota_us", "200000")',
      'mkdir("/sys/fs/cgroup/cpuacct/stepbox-1", 0755)',
      'mkdir("/sys/fs/cgroup/memory/stepbox-1", 0755)',
      'mkdir("/sys/fs/cgroup/blkio/stepbox-1", 0755)',
      'mkdir("/sys/fs/cgroup/pids/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/pids/stepbox-1/pids.max", "20")',
      'mkdir("/sys/fs/cgroup/freezer/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/cpu/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/cpuacct/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/memory/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/blkio/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/pids/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/freezer/stepbox-1/tasks", "0")',
    ])
  })

  it('what version 1 does not have there, version 2 does', () => {
    const moved = hybrid.hierarchies.flatMap((tree): Cgroups['hierarchies'] => {
      if (tree.version === 2) return [{ ...tree, controllers: ['memory'], enabled: [] }]
      return tree.controllers.some((each) => each === 'memory' || each === 'freezer') ? [] : [tree]
    })
    expect(lines({ ...hybrid, hierarchies: moved }, { memoryBytes: 67108864 })).toEqual([
      'mkdir("/sys/fs/cgroup/cpuacct/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/unified/cgroup.subtree_control", "+memory")',
      'mkdir("/sys/fs/cgroup/unified/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/unified/stepbox-1/memory.max", "67108864")',
      'write("/sys/fs/cgroup/unified/stepbox-1/memory.swap.max", "67108864")',
      'mkdir("/sys/fs/cgroup/blkio/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/cpuacct/stepbox-1/tasks", "0")',
      'write("/sys/fs/cgroup/unified/stepbox-1/cgroup.procs", "0")',
      'write("/sys/fs/cgroup/blkio/stepbox-1/tasks", "0")',
    ])
  })
})

describe('what a machine cannot keep to is said before anything is touched', () => {
  const limited = (cgroups: Cgroups, limits: Limits) => () =>
    groupDirs({ name: 'stepbox-1', cgroups, limits })

  it('a controller that is missing', () => {
    const trees = hybrid.hierarchies.filter(({ controllers }) => !controllers.includes('cpuset'))
    expect(limited({ hierarchies: trees }, { cpusetCpus: '0' })).toThrow(
      'cannot keep to --cpuset-cpus: no cpuset controller; have: cpu, memory, io, pids',
    )
    expect(limited({ hierarchies: [] }, { memoryBytes: 67108864 })).toThrow(
      'cannot keep to --memory: no memory controller; have: nothing',
    )
  })

  it('trees that are mounted read-only, as inside Docker', () => {
    expect(limited(docker, { pidsMax: 20 })).toThrow(
      'cannot keep to --pids-limit: /sys/fs/cgroup is mounted read-only; have: nothing',
    )
    expect(lines(docker, none)).toEqual([])
  })

  it('a version 2 group that holds processes and so cannot hand a controller down', () => {
    expect(limited(nested, { memoryBytes: 67108864 })).toThrow(
      'cannot keep to --memory: ' +
        'memory is not enabled below /sys/fs/cgroup, which holds processes itself; have: pids',
    )
    expect(lines(nested, { pidsMax: 20 })).toEqual([
      'mkdir("/sys/fs/cgroup/stepbox-1", 0755)',
      'write("/sys/fs/cgroup/stepbox-1/pids.max", "20")',
      'write("/sys/fs/cgroup/stepbox-1/cgroup.procs", "0")',
    ])
  })

  it('more processors than there are', () => {
    expect(limited(v2, { cpus: 9 })).toThrow(
      "invalid value '9' for --cpus: 0.01 to 4, as there are only 4 here",
    )
    expect(limited(v2, { cpusetCpus: '2-4' })).toThrow(
      "invalid value '2-4' for --cpuset-cpus: processors that are here: 0-3",
    )
    expect(limited(v2, { cpus: 4, cpusetCpus: '0,3' })).not.toThrow()
  })
})

it('a tree that is mounted twice is used once, where it can be written', () => {
  expect(groupDirs({ name: 'stepbox-1', cgroups: twice, limits: none })).toEqual([
    '/sys/fs/cgroup/memory/stepbox-1',
    '/mnt/with space/stepbox-1',
  ])
})

it('a container joins its group first, and only then gets its own view of groups', () => {
  const options = { hostname: 'box', network: 'none' as const, argv: ['true'], env: [] }
  const wanted = { name: 'stepbox-1', cgroups: v2, limits: { pidsMax: 20 } }
  const all = plan(planOptions([], { ...options, group: wanted })).map(({ call }) => strace(call))
  const isOther = (line: string) => inheritance().some(({ call }) => strace(call) === line)
  expect(all.filter((line) => !isOther(line)).slice(0, 8)).toEqual([
    'close_range(4, 4294967295, 0)',
    'mkdir("/sys/fs/cgroup/stepbox-1", 0755)',
    'write("/sys/fs/cgroup/stepbox-1/pids.max", "20")',
    'unshare(CLONE_NEWPID)',
    'fork()',
    'prctl(PR_SET_PDEATHSIG, SIGKILL)',
    'write("/sys/fs/cgroup/stepbox-1/cgroup.procs", "0")',
    'unshare(CLONE_NEWNS|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWCGROUP|CLONE_NEWNET)',
  ])
})
