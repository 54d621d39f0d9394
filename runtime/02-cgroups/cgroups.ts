/** Chapter 2. The control groups of this machine, found by looking. */
import { tryRead } from '../files.ts'
import { cgroupsFrom, type Cgroups } from './hierarchies.ts'

/** Look at this machine. Away from Linux: a machine as most are, so that plans can be shown. */
export function lookAtCgroups(): Cgroups {
  const mountinfo = tryRead('/proc/self/mountinfo')
  return mountinfo === undefined ? ordinary : cgroupsFrom(mountinfo, tryRead)
}

const ordinary: Cgroups = {
  hierarchies: [
    {
      version: 2,
      mount: '/sys/fs/cgroup',
      controllers: ['cpu', 'cpuset', 'memory', 'pids'],
      enabled: ['cpu', 'cpuset', 'memory', 'pids'],
      occupied: false,
      writable: true,
    },
  ],
}
