/** Each line that this chapter adds to the list, and what happens without it. */
import { groupDirs } from '../../runtime/02-cgroups/cgroup.ts'
import type { Consequence } from '../../runtime/consequence.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import type { Call } from '../../runtime/calls.ts'
import { orphan } from './orphan.ts'

/** A disk of the pretend machine, on which things lie that the script outside looks at. */
const disk: Call = ['mount', 'disk', '/mnt', 'tmpfs', [], null]
const log = { path: '/mnt/log', maxBytes: 0, files: 1 }

/** A monitor that starts the container once more when it fails, and has nothing to clear up. */
function monitored({ dir, group }: PlanOptions): Partial<PlanOptions> {
  const monitor = {
    directory: dir,
    mark: `${dir}/mark`,
    lock: `${dir}/lock`,
    restart: { name: 'on-failure', most: 1 } as const,
    groups: groupDirs(group),
    settler: ['/bin/true'],
    isAttended: false,
  }
  return { monitor, log: { ...log, path: `${dir}/log` } }
}

/** It has no input that somebody writes to: it waits for a file. */
const waits = 'echo ready; until [ -e /go ]; do sleep 0.01; done'
const go = ': > /proc/$first/root/go'

export const consequences: Consequence[] = [
  {
    drop: /^setsid\(/,
    nth: 0,
    consequence: "the monitor is in the caller's session, and gets what is sent to all of it",
    options: monitored,
    see: {
      inside: waits,
      outside:
        'set -- $(cat /proc/$machine/stat); ' +
        '[ "$6" = $machine ] && echo own || echo inherited; ' +
        go,
      kept: 'own',
      broken: 'inherited',
    },
  },
  {
    drop: /^chdir\("\/"\)/,
    nth: 0,
    consequence: 'the monitor keeps a disk in use, which then cannot be unmounted',
    options: monitored,
    before: [disk, ['chdir', '/mnt']],
    see: {
      inside: waits,
      outside:
        'nsenter --target $machine --mount umount /mnt 2> /dev/null ' +
        `&& echo unmounted || echo in use; ${go}`,
      kept: 'unmounted',
      broken: 'in use',
    },
    needs: ['nsenter'],
  },
  {
    drop: /^supervise\(/,
    consequence: 'nothing waits for the container but its caller, and nothing starts it again',
    options: monitored,
    see: { inside: 'echo started; exit 1', kept: 'started\nstarted', broken: 'started' },
  },
  {
    drop: /^open_log\(/,
    consequence: 'what the container wrote is gone with the terminal that it was shown on',
    options: () => ({ log }),
    before: [disk],
    see: {
      inside: 'echo ready; read line',
      outside: 'grep -cs ready /proc/$machine/root/mnt/log || echo nothing',
      kept: '1',
      broken: 'nothing',
    },
  },
  {
    drop: /^listen\(/,
    consequence: 'nobody can see what the container writes now, or type what it reads',
    options: (ordinary) => ({
      ...monitored(ordinary),
      listening: { directory: '/mnt', closesInput: false, isAwaited: false },
    }),
    before: [disk],
    see: {
      inside: waits,
      outside: `[ -S /proc/$machine/root/mnt/attach ] && echo open || echo closed; ${go}`,
      kept: 'open',
      broken: 'closed',
    },
  },
  {
    drop: /^init\(/,
    consequence: 'an orphan that has ended stays a zombie, as process 1 does not wait for it',
    options: () => ({ hasInit: true, log }),
    before: [disk],
    see: { inside: orphan, kept: 'reaped', broken: 'zombie' },
  },
]
