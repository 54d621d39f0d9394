/** The smaller exercises: what was forgotten, and what is said of a container's health. */
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'
import type { Checked, OnRecord } from './exercises.ts'

const answers = 'chapters/07-exec/lab/exercises.ts'

export const smallChecks: Check[] = [
  {
    id: 'forgotten',
    exercise: 'read',
    points: 2,
    isBlackBox: false,
    claim: sentence('forgotten names what is not as it is of process 1'),
    judge: (bench) => judged(bench, 'forgotten', records),
  },
  {
    id: 'health',
    exercise: 'predict',
    points: 2,
    isBlackBox: false,
    claim: sentence('healthAfter says of a container what Docker says'),
    judge: (bench) => judged(bench, 'healthAfter', stories),
  },
]

interface Case {
  did: Sentence
  given: unknown[]
  wanted: unknown
  means: Sentence
  hint: Sentence
}

async function judged(bench: Bench, name: string, cases: Case[]): Promise<Finding | undefined> {
  for (const { did, given, wanted, means, hint } of cases) {
    const found = await bench.ask(answers, name, ...given)
    if (JSON.stringify(found) === JSON.stringify(wanted)) continue
    const expected = sentence('{what}', { what: inShort(wanted) })
    const saw = sentence('{what}', { what: inShort(found) })
    return { did, expected, saw, means, hint }
  }
  return undefined
}

function inShort(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.replaceAll('"', '').replaceAll(',', ', ').slice(0, 120)
}

const first: OnRecord = {
  namespaces: { net: 'net:[4]', mnt: 'mnt:[1]', pid: 'pid:[2]', pid_for_children: 'pid:[2]' },
  cgroup: '4:memory:/stepbox-1\n0::/\n',
  limits: 'Max open files 100\n',
}

const records: Case[] = [
  {
    did: sentence('asked about a newcomer that is as process 1'),
    given: [first, first],
    wanted: [],
    means: sentence('nothing is another'),
    hint: sentence('what is compared with what?'),
  },
  {
    did: sentence('asked about one with two other namespaces'),
    given: [
      first,
      { ...first, namespaces: { ...first.namespaces, net: 'net:[7]', mnt: 'mnt:[7]' } },
    ],
    wanted: ['mnt', 'net'],
    means: sentence('both are others, in alphabetical order'),
    hint: sentence('in which order are the names found?'),
  },
  {
    did: sentence('asked about one whose children will be elsewhere'),
    given: [first, { ...first, namespaces: { ...first.namespaces, pid_for_children: 'pid:[7]' } }],
    wanted: [],
    means: sentence('pid_for_children is not a namespace that it is in'),
    hint: sentence('for whom does pid_for_children count?'),
  },
  {
    did: sentence('asked about one whose cgroup has the same lines in another order'),
    given: [first, { ...first, cgroup: '0::/\n4:memory:/stepbox-1\n' }],
    wanted: [],
    means: sentence('the order of the trees means nothing'),
    hint: sentence('what has to be done with lines before they are compared?'),
  },
  {
    did: sentence('asked about one in no group and with other limits'),
    given: [first, { ...first, cgroup: '4:memory:/\n0::/\n', limits: 'Max open files 1024\n' }],
    wanted: ['group', 'limits'],
    means: sentence('a group and a limit belong to a process, and are not joined with namespaces'),
    hint: sentence('what does nsenter leave as it is?'),
  },
]

const failing = (count: number, seconds = 100): Checked[] =>
  Array.from({ length: count }, () => ({ exitCode: 1, seconds }))
const well: Checked = { exitCode: 0, seconds: 100 }

const stories: Case[] = [
  {
    did: sentence('asked after no check'),
    given: [{ retries: 3, startPeriod: 0 }, []],
    wanted: 'starting',
    means: sentence('nothing is known yet'),
    hint: sentence('what is it before the first check?'),
  },
  {
    did: sentence('asked after two failures, of three that are allowed in a row'),
    given: [{ retries: 3, startPeriod: 0 }, failing(2)],
    wanted: 'starting',
    means: sentence('too few have failed, and none has succeeded'),
    hint: sentence('is a container unhealthy that is not healthy?'),
  },
  {
    did: sentence('asked after a success and two failures, of three'),
    given: [{ retries: 3, startPeriod: 0 }, [well, ...failing(2)]],
    wanted: 'healthy',
    means: sentence('two failures are too few to take it back'),
    hint: sentence('what changes with a single failure?'),
  },
  {
    did: sentence('asked after two failures, a success and two failures, of three'),
    given: [{ retries: 3, startPeriod: 0 }, [...failing(2), well, ...failing(2)]],
    wanted: 'healthy',
    means: sentence('only failures in a row count'),
    hint: sentence('what has to be forgotten when a check succeeds?'),
  },
  {
    did: sentence('asked after three failures and a success'),
    given: [{ retries: 3, startPeriod: 0 }, [...failing(3), well]],
    wanted: 'healthy',
    means: sentence('a single success is enough'),
    hint: sentence('does it stay unhealthy?'),
  },
  {
    did: sentence('asked after three failures in the start period'),
    given: [{ retries: 3, startPeriod: 30 }, failing(3, 10)],
    wanted: 'starting',
    means: sentence('failures in the start period do not count'),
    hint: sentence('when did these checks end?'),
  },
  {
    did: sentence('asked after a success and three failures, all in the start period'),
    given: [{ retries: 3, startPeriod: 30 }, [{ exitCode: 0, seconds: 5 }, ...failing(3, 10)]],
    wanted: 'unhealthy',
    means: sentence('the first success ends the start period'),
    hint: sentence('until when are failures not counted?'),
  },
]
