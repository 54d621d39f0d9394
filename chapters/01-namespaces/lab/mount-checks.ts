/** Its own mounts, of which none travels to the machine, and its own /proc. */
import type { Check, Facts } from '../../../runtime/chapter-lab.ts'
import { lookAt, type Seen } from '../../../runtime/lab-findings.ts'
import type { Mount } from '../../../runtime/mountinfo.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

export const mountChecks: Check[] = [
  {
    id: 'mounts-stay-inside',
    exercise: 'planner',
    points: 1,
    isBlackBox: true,
    claim: sentence('no mount that is made in the container appears on the machine'),
    judge: (bench) =>
      lookAt(bench, {
        did: sentence('ran a container on a machine with shared mounts, and compared mountinfo'),
        wish: { script: 'true', then: 'true' },
        see: travelling,
      }),
  },
  {
    id: 'own-proc',
    exercise: 'planner',
    points: 1,
    isBlackBox: true,
    claim: sentence('/proc shows the processes of the container, and no others'),
    judge: (bench) =>
      lookAt(bench, {
        did: sentence('ran a shell alone in a container, and counted the numbers in /proc'),
        wish: {
          script: 'set -- /proc/[0-9]*; test -d $1 || set --; echo $#; echo $1',
          then: 'true',
        },
        see: (facts, { out }) => {
          const [count = '', first] = out().split('\n')
          const isOwn = count === '1' && first === '/proc/1'
          return isOwn ? undefined : foreignProc(facts, Number(count))
        },
      }),
  },
]

/** The mounts among `mine` that are peers of one of `theirs`. */
export function peersAmong(mine: Mount[], theirs: Mount[]): Mount[] {
  const groupsOf = ({ propagation }: Mount) =>
    propagation.split(' ').filter((each) => each.startsWith('shared:'))
  const groups = new Set(theirs.flatMap(groupsOf))
  return mine.filter((mount) => groupsOf(mount).some((group) => groups.has(group)))
}

/** How many mounts there are on /proc itself. */
export function onProc(mounts: Mount[]): number {
  return mounts.filter(({ target }) => target === '/proc').length
}

function travelling({ namespaces, machine, mounts }: Facts): Seen | undefined {
  const expected = sentence("mounts of its own, none of them a peer of the machine's")
  const covered = onProc(machine.mounts)
  if (namespaces['mnt'] === machine.namespaces['mnt'])
    return {
      expected,
      saw: sentence('one mount namespace for both; /proc of the machine is mounted {n} times', {
        n: covered,
      }),
      means: sentence('every mount of the list is a mount of the machine'),
      hint: sentence('which flag of unshare stands for mounts?'),
    }
  const peers = peersAmong(mounts, machine.mounts)
  if (peers.length === 0) return covered > 1 ? alreadyThere(covered, expected) : undefined
  const values = { n: peers.length, on: peers[0]?.target ?? '/', covered }
  const saw =
    covered > 1
      ? sentence(
          "{n} mounts are peers of the machine's; its /proc is mounted {covered} times",
          values,
        )
      : sentence("{n} mounts are peers of the machine's, {on} among them", values)
  if (peers.some(({ target }) => target === '/'))
    return {
      expected,
      saw,
      means: sentence('the copies of shared mounts stay connected: what is mounted here travels'),
      hint: sentence('privateMounts has to cut that connection, before the first mount'),
    }
  return {
    expected,
    saw,
    means: sentence('/ is private, and the mounts below it are not'),
    hint: sentence('one more flag makes the call go down to all mounts below'),
  }
}

function alreadyThere(covered: number, expected: Sentence): Seen {
  return {
    expected,
    saw: sentence("no peers now, and the machine's /proc is mounted {covered} times", { covered }),
    means: sentence('a mount was made while they were still peers, and it has travelled'),
    hint: sentence('in which order do privateMounts and the first mount have to come?'),
  }
}

function foreignProc({ mounts }: Facts, count: number): Seen {
  const expected = sentence('one number, that of the shell: 1')
  const saw = sentence('{count} numbers', { count })
  const isProc = mounts.findLast(({ target }) => target === '/proc')?.type === 'proc'
  if (isProc && onProc(mounts) > 1)
    return {
      expected,
      saw: sentence('{count} numbers, in a /proc that is mounted {n} times', {
        count,
        n: onProc(mounts),
      }),
      means: sentence("a process of the machine's pid namespace mounted it, and it shows that one"),
      hint: sentence(
        '/proc shows the namespace of the process that mounts it: is it before the fork?',
      ),
    }
  return {
    expected,
    saw,
    means: isProc
      ? sentence("this is the machine's /proc: being process 1 changes nothing about it")
      : sentence('what is mounted on /proc is not the proc of this pid namespace'),
    hint: sentence('proc is about this: a file system of which type, mounted where?'),
  }
}
