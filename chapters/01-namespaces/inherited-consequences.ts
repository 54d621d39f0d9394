/** Each line that takes away what a process inherits, and what happens without it. */
import type { Consequence } from '../../runtime/consequence.ts'

export const inherited: Consequence[] = [
  {
    drop: /^keyctl/,
    consequence: "the keys of the caller's session can be read inside, by any user",
    options: () => ({ user: { uid: 1000, gid: 1000 } }),
    before: [['keyctl', 'KEYCTL_JOIN_SESSION_KEYRING', 'callers']],
    see: { inside: 'grep -c callers /proc/keys; true', kept: '0', broken: '1' },
  },
  {
    drop: /^capset/,
    consequence: 'a capability that the caller had inheritable is inheritable inside',
    before: [['capset_inheritable', 1 << 13]],
    see: {
      inside: 'grep CapInh /proc/self/status',
      kept: 'CapInh:\t0{16}',
      broken: 'CapInh:\t0{12}2000',
    },
  },
  {
    drop: /^write\("\/proc\/self\/oom_score_adj"/,
    consequence: 'the OOM killer treats the container as it does the caller',
    before: [['write', '/proc/self/oom_score_adj', '300']],
    see: { inside: 'cat /proc/self/oom_score_adj', kept: '0', broken: '300' },
  },
  {
    drop: /^setrlimit/,
    consequence: 'a process may have open as many files as the native program',
    before: [['setrlimit_soft', 'RLIMIT_NOFILE', 512]],
    see: { inside: 'ulimit -S -n', kept: '1024', broken: '512' },
  },
  {
    drop: /^sched_setaffinity/,
    consequence: "the container runs on the caller's processors only",
    before: [['sched_setaffinity', 1]],
    where: '/sys/devices/system/cpu/cpu1',
    see: {
      inside: 'grep Cpus_allowed_list /proc/self/status | cut -f 2',
      kept: '0[-,].+',
      broken: '0',
    },
  },
  {
    drop: /^sched_setattr/,
    consequence: "the container has the caller's priority, even a real-time one",
    before: [['sched_setattr', 'SCHED_OTHER', 5]],
    see: { inside: 'cut -d" " -f19 /proc/self/stat', kept: '0', broken: '5' },
  },
  {
    drop: /^ioprio_set/,
    consequence: "the container reads and writes disks with the caller's priority",
    before: [['ioprio_set', 'IOPRIO_WHO_PROCESS', 0, 'IOPRIO_CLASS_IDLE', 0]],
    needs: ['ionice'],
    see: { inside: 'ionice -p $$', kept: 'none: prio 0', broken: 'idle' },
  },
  {
    drop: /^personality/,
    consequence: 'addresses are predictable inside if they were for the caller',
    before: [['personality', 'ADDR_NO_RANDOMIZE']],
    see: { inside: 'cat /proc/self/personality', kept: '0{8}', broken: '00040000' },
  },
]
