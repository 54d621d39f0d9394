/** The restart policy: when a container starts again, and as what. */
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { notStarted, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'
import { childrenOf, journalAfter, journalOf, linesOf, namesOf } from './monitored.ts'
import { noMonitor, waitersOf, type JournalLine } from './monitored.ts'

const planner = { exercise: 'monitor', points: 1, isBlackBox: false } as const

export const restartChecks: Check[] = [
  {
    id: 'fresh-start',
    ...planner,
    claim: sentence('a restart is a fresh process, with a new process 1 and groups of its own'),
    judge: freshStart,
  },
  {
    id: 'policy',
    ...planner,
    claim: sentence('it starts again when its policy says so, and only then'),
    judge: async (bench) => {
      for (const each of trials) {
        const found = await tried(bench, each)
        if (found) return found
      }
      return undefined
    },
  },
]

async function freshStart(bench: Bench): Promise<Finding | undefined> {
  const did = sentence('started a container with -d --restart on-failure:1, and let it fail once')
  const flags = ['-d', '--restart', 'on-failure:1']
  const box = await bench.run({ flags, script: 'trap "exit 3" TERM', then: 'sleep 600 & wait' })
  const early = await notStarted(did, box)
  const { facts } = box
  if (early || !facts) return early
  const expected = sentence('another start: a new process, which has made another process 1')
  const [start = 0, monitor] = waitersOf(facts)
  if (monitor === undefined) return { did, expected, ...noMonitor }
  process.kill(facts.pid, 'SIGTERM')
  const lines = await journalAfter(box, 2)
  if (linesOf(lines, 'run').length < 2) return { did, expected, ...noSecond(lines) }
  const [second = 0] = childrenOf(monitor)
  const [first = 0] = childrenOf(second)
  const isFresh = second !== start && first !== facts.pid
  if (isFresh && namesOf(first).at(-1) === 1) return undefined
  return {
    did,
    expected,
    saw: sentence('the second start has something of the first'),
    means: sentence('unshare(CLONE_NEWPID) works once in a process'),
    hint: sentence('what stays, and what is made anew, at each start?'),
  }
}

/** Why there was no second start. */
function noSecond(lines: JournalLine[]): Omit<Seen, 'expected'> {
  if (linesOf(lines, 'exit').length < 2)
    return {
      saw: sentence('the journal has its end, and no second start'),
      means: sentence('the monitor was told never to start it again'),
      hint: sentence('restart.name is on-failure: which flag does that become?'),
    }
  return {
    saw: sentence('a second start, which failed before the command ran: exit code 125'),
    means: sentence('each start makes the groups of the container anew, and they were there'),
    hint: sentence('which argument of supervise says what goes before another start?'),
  }
}

interface Trial {
  flags: string[]
  exitCode: number
  /** How often it is started. */
  starts: number
  rule: Sentence
}

const trials: Trial[] = [
  {
    flags: ['-d'],
    exitCode: 1,
    starts: 1,
    rule: sentence('without --restart, a container stays as it has ended'),
  },
  {
    flags: ['-d', '--restart', 'on-failure'],
    exitCode: 0,
    starts: 1,
    rule: sentence('an exit code of 0 is no failure'),
  },
  {
    flags: ['-d', '--restart', 'always'],
    exitCode: 0,
    starts: 2,
    rule: sentence('always means: whatever the exit code is'),
  },
  {
    flags: ['-d', '--restart', 'unless-stopped'],
    exitCode: 0,
    starts: 2,
    rule: sentence('unless-stopped is like always, until somebody stops it'),
  },
  {
    flags: ['-d', '--restart', 'on-failure:2'],
    exitCode: 1,
    starts: 3,
    rule: sentence('the number after on-failure is how often it starts again, at most'),
  },
]

/** The last start that is wanted of one that always starts again stays for a while. */
async function tried(bench: Bench, trial: Trial): Promise<Finding | undefined> {
  const { flags, exitCode, starts, rule } = trial
  const did = sentence('started a container with {flags} that ends with exit code {code}', {
    ...{ flags: flags.join(' '), code: String(exitCode) },
  })
  const stays = exitCode === 0 && starts > 1 ? ['[ -e /once ] && sleep 600', ': > /once'] : []
  const script = [...stays, `echo ${bench.word}`].join('\n')
  const box = await bench.run({ flags, script, then: `exit ${exitCode}` })
  if (box.failure || !box.out().includes(bench.word)) return notStarted(did, box)
  const expected = sentence('{n} starts', { n: starts })
  if (journalOf(box).length === 0) return { did, expected, ...noMonitor }
  const lines = await journalAfter(box, stays.length > 0 ? starts : starts + 1)
  const n = linesOf(lines, 'run').length
  if (n === starts) return undefined
  return {
    did,
    expected,
    saw: n < starts ? sentence('no more than {n}', { n }) : sentence('{n}, or more', { n }),
    means: rule,
    hint: sentence('which flag is for that policy, and where does its number go?'),
  }
}
