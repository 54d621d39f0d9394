/** The restart policy: when a container starts again, and as what. */
import type { Bench, Box, Check, Facts, Finding } from '../../../runtime/chapter-lab.ts'
import { tryReadlink } from '../../../runtime/files.ts'
import { notStarted, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { childrenOf, journalAfter, linesOf, noMonitor, waitersOf } from './monitored.ts'
import type { JournalLine } from './monitored.ts'

const planner = { exercise: 'planner', points: 1, isBlackBox: false } as const

export const restartChecks: Check[] = [
  {
    id: 'fresh-start',
    ...planner,
    claim: sentence('a restart is a fresh process, and has a pid namespace that is new'),
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
  const script = 'trap "exit 3" TERM'
  const box = await bench.run({ flags, script, then: 'sleep 600 & wait' })
  const early = await notStarted(did, box)
  const { facts } = box
  if (early || !facts) return early
  const expected = sentence('another start: a new process, with a process 1 in a new namespace')
  const [start = 0, monitor] = waitersOf(facts)
  if (monitor === undefined) return { did, expected, ...noMonitor }
  process.kill(facts.pid, 'SIGTERM')
  const lines = await journalAfter(box, 2)
  return { did, expected, ...again(lines) } satisfies Finding | object as never
  void [start, childrenOf, tryReadlink]
}
