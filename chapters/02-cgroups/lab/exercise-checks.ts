/** The smaller exercises of chapter 2: each answer meets the kernel. */
import { randomInt } from 'node:crypto'
import type { Bench, Check, Facts, Finding } from '../../../runtime/chapter-lab.ts'
import { tryRead } from '../../../runtime/files.ts'
import { lookAt, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { groupDirFound } from './group-dir-check.ts'
import { predictions } from './predictions.ts'
import { refusals } from './refusals.ts'
import { answers } from './tasks.ts'

export const exerciseChecks: Check[] = [
  {
    id: 'predicted',
    exercise: 'predict',
    points: 1,
    isBlackBox: false,
    claim: sentence('you predict what the kernel does at a limit'),
    judge: predictions,
  },
  {
    id: 'group-dir-found',
    exercise: 'group-dir',
    points: 1,
    isBlackBox: false,
    claim: sentence('groupDir finds the group of a process, whatever the machine has'),
    judge: groupDirFound,
  },
  {
    id: 'job-limited',
    exercise: 'repair',
    points: 1,
    isBlackBox: false,
    claim: sentence('the job is limited, its parent is not, and its group is / for it'),
    judge: jobLimited,
  },
  {
    id: 'limit-stays',
    exercise: 'unliftable',
    points: 1,
    isBlackBox: false,
    claim: sentence('root in the container cannot lift its limit with an echo'),
    judge: limitStays,
  },
]

async function jobLimited(bench: Bench): Promise<Finding | undefined> {
  const limit = randomInt(10, 40)
  return lookAt(bench, {
    did: sentence('ran the list of job() with --pids-limit {limit}', { limit }),
    wish: {
      list: { file: answers, symbol: 'job' },
      flags: ['--pids-limit', String(limit)],
      script: 'cut -d: -f3- /proc/self/cgroup | sort -ur',
      then: 'true',
    },
    known: refusals,
    see: (facts, { out }) => notAsWanted(facts, { limit, view: out().trim().split('\n')[0] ?? '' }),
  })
}

function notAsWanted(facts: Facts, wanted: { limit: number; view: string }): Seen | undefined {
  const { namespaces, machine, nspid, status, readGroup } = facts
  const { limit, view } = wanted
  const max = readGroup('pids.max')?.trim() ?? ''
  if (max !== String(limit))
    return {
      expected: sentence('{limit} in the pids.max of its group', { limit }),
      saw: sentence('pids.max says {max}', { max }),
      means: sentence('the kernel refused the text, the step ignores that, and the list went on'),
      hint: sentence('this file takes a number and nothing else; may this step fail at all?'),
    }
  const parent = tryRead(`/proc/${status['PPid']}/cgroup`)
  const own = tryRead(`/proc/${facts.pid}/cgroup`)
  if (parent === own)
    return {
      expected: sentence('the process that waits is outside of the group'),
      saw: sentence('/proc/PID/cgroup is the same for the job and for its parent'),
      means: sentence('the parent joined, and its child was born inside: both are counted'),
      hint: sentence('on which side of the fork does joining belong?'),
    }
  if (view !== '/')
    return {
      expected: sentence('/ as the path of its group, seen from the job'),
      saw: sentence('it reads {view}', { view }),
      means: sentence('the cgroup namespace has another group as its root: it was made too soon'),
      hint: sentence('in which group is the process when it unshares?'),
    }
  if (namespaces['mnt'] !== machine.namespaces['mnt'])
    return {
      expected: sentence("a job in the machine's own mount namespace"),
      saw: sentence('it has a mount namespace of its own'),
      means: sentence('this is a container: what the job mounts would not be seen by the machine'),
      hint: sentence('start from broken() rather than from plan()'),
    }
  if (nspid.at(-1) === 1 && namespaces['pid'] !== machine.namespaces['pid']) return undefined
  return {
    expected: sentence('process 1 of its own pid namespace'),
    saw: sentence('it is process {n}', { n: nspid.at(-1) ?? 0 }),
    means: sentence('the new pid namespace waits for a child'),
    hint: sentence('in which order do unshare(CLONE_NEWPID) and fork have to come?'),
  }
}

async function limitStays(bench: Bench): Promise<Finding | undefined> {
  const limit = randomInt(10, 40)
  return lookAt(bench, {
    did: sentence('ran the list of unliftable() with --pids-limit {limit}, and echo max', {
      limit,
    }),
    wish: {
      list: { file: answers, symbol: 'unliftable' },
      flags: ['--pids-limit', String(limit)],
      script:
        'for file in $(find /sys/fs/cgroup -path "*stepbox-*/pids.max" 2>/dev/null); do' +
        ' echo max > $file; done 2>/dev/null',
      then: 'true',
    },
    known: refusals,
    see: ({ readGroup, groups, machine }) => {
      const max = readGroup('pids.max')?.trim() ?? ''
      const isOwn = Object.entries(groups).some(([tree, path]) => path !== machine.groups[tree])
      if (max === String(limit) && isOwn) return undefined
      const expected = sentence('{limit} in the pids.max of its group, as before', { limit })
      const saw = sentence('pids.max says {max}', { max })
      if (!isOwn || max !== 'max')
        return {
          expected,
          saw: sentence('the container is in no group of its own, or in one without that limit'),
          means: sentence('there was no limit to lift: the list is to be that of plan(), and more'),
          hint: sentence('begin with the steps that your plan() gives'),
        }
      return {
        expected,
        saw,
        means: sentence("the tree of groups is still mounted, and root's to write to"),
        hint: sentence('what can a list do about a mount that the container should not write to?'),
      }
    },
  })
}
