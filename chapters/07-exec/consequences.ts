/** Each line that this chapter adds to its lists, and what happens without it. */
import { groupDirs } from '../../runtime/02-cgroups/cgroup.ts'
import type { Call } from '../../runtime/calls.ts'
import { planOptions } from '../../runtime/chapter.ts'
import type { Consequence } from '../../runtime/consequence.ts'
import { encode } from '../../runtime/encode.ts'
import type { NamespaceFlag } from '../../runtime/flag-names.ts'
import type { PlanOptions } from '../../runtime/options.ts'
import { copying } from './copying-consequences.ts'
import { entering } from './entering-consequences.ts'
import { execPlan } from './exec.ts'

const exec = { list: 'exec' } as const

/** A disk of the pretend machine, on which things lie that the script outside looks at. */
const disk: Call = ['mount', 'disk', '/mnt', 'tmpfs', [], null]

/** It has no input that somebody writes to: it waits for a file. */
const waits = 'echo ready; until [ -e /go ]; do sleep 0.01; done'
const go = ': > /proc/$first/root/go'

const namespaces: NamespaceFlag[] = ['CLONE_NEWPID', 'CLONE_NEWNS']

/** Of an exec that is left alone. */
const alone = (): Partial<PlanOptions> => ({
  outliving: { events: '/mnt/events', container: 'box', exec: 'it', isDetached: true },
})

/** The list of a check, in its file. */
function probe(): Call {
  const target = { pid: 0, start: 0, namespaces, members: [] }
  const list = execPlan(planOptions([], { argv: ['true'], target }))
  return ['create', '/mnt/probe', encode(list), 0o600, 0, 0, 0n, 0]
}

/** A container with a monitor that checks it all the time, and has nothing to clear up. */
function checked({ dir, group }: PlanOptions): Partial<PlanOptions> {
  const times = { intervalMs: 10, timeoutMs: 1000, startPeriodMs: 0, startIntervalMs: 10 }
  return {
    monitor: {
      ...{ directory: dir, mark: `${dir}/mark`, lock: `${dir}/lock` },
      ...{ restart: { name: 'no' }, groups: groupDirs(group), settler: ['/bin/true'] },
      isAttended: false,
    },
    health: { directory: '/mnt', ...times, retries: 1, command: 'true' },
  }
}

export const consequences: Consequence[] = [
  {
    drop: /^check_health\(/,
    consequence: 'a container that runs and does not work is taken to be well',
    options: checked,
    before: [disk, probe()],
    see: {
      inside: waits,
      outside:
        'known() { [ -s /proc/$machine/root/mnt/health ]; }; n=0; ' +
        'until known || [ $n = 20 ]; do sleep 0.05; n=$((n + 1)); done; ' +
        `known && echo known || echo unknown; ${go}`,
      kept: 'known',
      broken: 'unknown',
    },
  },
  {
    ...exec,
    drop: /^setsid\(/,
    nth: 0,
    consequence: "the one who waits is in the caller's session, and is hung up with its terminal",
    options: alone,
    see: {
      inside: 'echo ready; read line',
      outside:
        'set -- $(cat /proc/$machine/stat); [ "$6" = $machine ] && echo own || echo inherited',
      kept: 'own',
      broken: 'inherited',
    },
  },
  {
    ...exec,
    drop: /^chdir\("\/"\)/,
    nth: 0,
    consequence: "the caller's directory stays in use as long as the command runs",
    options: alone,
    before: [disk, ['chdir', '/mnt']],
    see: {
      inside: 'echo ready; read line',
      outside:
        'nsenter --target $machine --mount umount /mnt 2> /dev/null ' +
        '&& echo unmounted || echo in use',
      kept: 'unmounted',
      broken: 'in use',
    },
    needs: ['nsenter'],
  },
  {
    ...exec,
    drop: /^outlive\(/,
    consequence: 'the command ends with its caller, and its end is on record nowhere',
    options: alone,
    before: [disk],
    see: {
      inside: waits,
      outside:
        `cd /proc/$machine/root/mnt; ${go}; n=0; known() { grep -qs exec_die events; }; ` +
        'until known || [ $n = 20 ]; do sleep 0.05; n=$((n + 1)); done; ' +
        'known && echo on record || echo nowhere',
      kept: 'on record',
      broken: 'nowhere',
    },
  },
  ...entering,
  ...copying,
]
