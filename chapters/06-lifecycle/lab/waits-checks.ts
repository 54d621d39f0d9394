/** The exercise `predict`: how long a monitor waits before each further start. */
import type { RestartPolicy } from '../../../runtime/06-lifecycle/monitor.ts'
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { answers, compared, watched, type Case } from './answers.ts'
import type { Run } from './exercises.ts'
import type { JournalLine } from './monitored.ts'

export const waitsChecks: Check[] = [
  {
    id: 'waits',
    exercise: 'predict',
    points: 1,
    isBlackBox: false,
    claim: sentence('the monitor waits as long as waitsAfter predicts'),
    judge: judgeWaits,
  },
]

type Story = [policy: RestartPolicy, runs: Run[]]

const failing = (count: number, seconds = 0): Run[] =>
  Array.from({ length: count }, () => ({ exitCode: 1, seconds }))
const longest = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]

const stories: Case<Story, number[]>[] = [
  {
    given: [{ name: 'no' }, failing(1)],
    wanted: [],
    means: sentence('with this policy, nothing follows the first start'),
    hint: sentence('which policies start it again at all?'),
  },
  {
    given: [{ name: 'on-failure' }, [{ exitCode: 0, seconds: 1 }]],
    wanted: [],
    means: sentence('an exit code of 0 is no failure'),
    hint: sentence('which of the four policies look at the exit code?'),
  },
  {
    given: [{ name: 'unless-stopped' }, [{ exitCode: 0, seconds: 1 }]],
    wanted: [100],
    means: sentence('it starts again whatever the exit code is, until somebody stops it'),
    hint: sentence('which of the four policies look at the exit code?'),
  },
  {
    given: [{ name: 'always' }, failing(12)],
    wanted: longest,
    means: sentence('the waits grow, up to a minute, so that a broken container costs little'),
    hint: sentence('what is twice 51,200, and how much is a minute?'),
  },
  {
    given: [{ name: 'always' }, [...failing(3), ...failing(1, 10), ...failing(1)]],
    wanted: [100, 200, 400, 100, 200],
    means: sentence('the fourth start lasted 10 seconds, and was well: the waits begin anew'),
    hint: sentence('at which moment do you look at how long a start lasted?'),
  },
  {
    given: [{ name: 'on-failure', most: 2 }, [...failing(2), ...failing(1, 30), ...failing(3)]],
    wanted: [100, 200, 100, 200],
    means: sentence('a start that was well begins the count anew, too'),
    hint: sentence('two numbers are remembered from one start to the next: which?'),
  },
]

async function judgeWaits(bench: Bench): Promise<Finding | undefined> {
  const [policy, ends]: Story = [{ name: 'on-failure', most: 3 }, failing(4)]
  const predicted = await bench.ask(answers, 'waitsAfter', policy, ends)
  const flags = ['-d', '--restart', 'on-failure:3']
  const { lines } = await watched(bench, flags, 'exit 1')
  const early = measured(predicted, waitsIn(lines))
  if (early) return early
  for (const each of stories) {
    const found = await bench.ask(answers, 'waitsAfter', ...each.given)
    if (JSON.stringify(found) === JSON.stringify(each.wanted)) continue
    const [{ name, most }, story] = each.given
    const values = { policy: most === undefined ? name : `${name}:${most}`, runs: told(story) }
    return compared(sentence('asked waitsAfter about {policy}, after {runs}', values))(each, found)
  }
  return undefined
}

/** `1 (3 s), 0 (12 s)`: exit codes, and how long starts lasted. */
function told(story: Run[]): string {
  const each = story.map(({ exitCode, seconds }) => `${exitCode} (${seconds} s)`)
  return each.length > 6 ? `${each.length} × ${each[0]}` : each.join(', ')
}

/** What was measured is more than the wait: a start takes some time, too. */
function measured(answer: unknown, waits: number[]): Finding | undefined {
  const predicted: unknown[] = Array.isArray(answer) ? answer : []
  const wanted = longest.slice(0, 3)
  if (waits.length !== wanted.length || waits.some((wait, at) => wait < (wanted[at] ?? 0)))
    throw new Error(`the monitor waited ${waits.join(', ')} ms`)
  const at = wanted.findIndex((wait, place) => wait !== predicted[place])
  if (at < 0 && predicted.length === waits.length) return undefined
  const did = sentence('watched a container with --restart on-failure:3 that failed at once')
  const n = waits.length
  if (at < 0 || at >= predicted.length)
    return {
      did,
      expected: sentence('{predicted} waits, as waitsAfter predicts', {
        predicted: predicted.length,
      }),
      saw: sentence('{n} waits', { n }),
      means:
        predicted.length > n
          ? sentence('the policy allows {n} restarts', { n })
          : sentence('each end but the last was followed by another start'),
      hint: sentence('the answer has a number for each further start, and none after the last'),
    }
  return {
    did,
    expected: sentence('wait {at} of {ms} ms, as waitsAfter predicts', {
      ...{ at: at + 1, ms: Number(predicted[at]) },
    }),
    saw: sentence('about {ms} ms between the end and the next start', {
      ms: Math.round(waits[at] ?? 0),
    }),
    means:
      at === 0
        ? sentence('the first wait is a tenth of a second')
        : sentence('each wait is twice the one before'),
    hint:
      at === 0
        ? sentence('the rules stand above the function')
        : sentence('what does the next wait depend on: the first one, or the last one?'),
  }
}

/** In milliseconds, between each end and the start that follows it. */
function waitsIn(lines: JournalLine[]): number[] {
  return lines.flatMap(({ kind, at }, place) => {
    const before = lines[place - 1]
    return kind === 'start' && before?.kind === 'exit' ? [at - before.at] : []
  })
}
