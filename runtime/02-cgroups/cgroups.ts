/** The control groups of this machine. */
import { tryRead } from '../files.ts'
import { cgroupsFrom, type Cgroups } from './hierarchies.ts'

/** Read what this machine has. Without Linux: version 2 alone, so that plans can be printed. */
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
