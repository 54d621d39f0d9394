/** Chapter 2. The control groups of this machine, found by looking. */
import { readFileSync } from 'node:fs'
import { cgroupsFrom, type Cgroups } from './hierarchies.ts'

/** Look at this machine. Away from Linux: a machine as most are, so that plans can be shown. */
export function lookAtCgroups(): Cgroups {
  const mountinfo = read('/proc/self/mountinfo')
  return mountinfo === undefined ? ordinary : cgroupsFrom(mountinfo, read)
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

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // ignoring: what cannot be read is not there for us
  }
}
