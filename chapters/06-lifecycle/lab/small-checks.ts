/** The checks of the smaller exercises: what a journal says, and when the next start comes. */
import type { RestartPolicy } from '../../../runtime/06-lifecycle/monitor.ts'
import type { Bench, Box, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'
import type { Run, Said } from './exercises.ts'
import { journalAfter, type JournalLine } from './monitored.ts'

const answers = 'chapters/06-lifecycle/lab/exercises.ts'
const small = { points: 1, isBlackBox: false } as const

export const smallChecks: Check[] = [
  {
    id: 'journal-read',
    exercise: 'read',
    ...small,
    claim: sentence('saidIn says of a journal what has become of the container'),
    judge: judgeSaid,
  },
  {
    id: 'waits',
    exercise: 'predict',
    ...small,
    claim: sentence('the monitor waits as long as waitsAfter predicts'),
    judge: judgeWaits,
  },
]

interface Case<Given, Wanted> {
  given: Given
  wanted: Wanted
  means: Sentence
  hint: Sentence
}

type Journal = [text: string, isWatched: boolean]

const start = (pid: number) => `start 1764375600.100000000 ${pid} 8231\n`
const runs = 'run 1764375600.120000000 0\n'
const exit = (status: number) => `exit 1764375604.000000000 ${status}\n`
const over = 'over 1764375604.000000000 0\n'

const journals: Case<Journal, Said>[] = [
  {
    given: [start(71) + runs, true],
    wanted: { status: 'running', restarts: 0, exitCode: null },
    means: sentence('it was started once, and has not ended'),
    hint: sentence('which kind of line says what it does now: the first, or the last of them?'),
  },
  {
    given: [start(71) + runs + exit(7 << 8) + over, true],
    wanted: { status: 'exited', restarts: 0, exitCode: 7 },
    means: sentence('the journal has the status of wait(2), in which the exit code is a part'),
    hint: sentence('256 times 7 is 1792'),
  },
  {
    given: [start(71) + runs + exit(139) + over, true],
    wanted: { status: 'exited', restarts: 0, exitCode: 139 },
    means: sentence('signal 11 ended it, and it left a core: a shell says 128 + 11'),
    hint: sentence('which bits of the status are the number of the signal?'),
  },
  {
    given: [start(71) + runs + exit(256), true],
    wanted: { status: 'restarting', restarts: 0, exitCode: 1 },
    means: sentence('the monitor waits, and will start it again'),
    hint: sentence('what does the journal say when nothing follows any more?'),
  },
  {
    given: [start(71) + runs + exit(256) + start(80) + runs, true],
    wanted: { status: 'running', restarts: 1, exitCode: null },
    means: sentence('the start that runs now has not ended, whatever the one before did'),
    hint: sentence('what has to be forgotten when another start begins?'),
  },
  {
    given: [start(71) + runs + exit(256).slice(0, -2), true],
    wanted: { status: 'running', restarts: 0, exitCode: null },
    means: sentence('the last line has no newline: its number may be half a number'),
    hint: sentence('what is after the last newline, if the last line is whole?'),
  },
  {
    given: [start(71) + runs, false],
    wanted: { status: 'exited', restarts: 0, exitCode: 137 },
    means: sentence('without its monitor nothing writes the end: it died with it'),
    hint: sentence('which signal is it that ends both, and what does a shell make of it?'),
  },
  {
    given: [start(71) + runs + exit(512), false],
    wanted: { status: 'exited', restarts: 0, exitCode: 2 },
    means: sentence('it had ended before its monitor did, and its end is on record'),
    hint: sentence('is 137 right for each container without a monitor?'),
  },
  {
    given: ['', false],
    wanted: { status: 'created', restarts: 0, exitCode: null },
    means: sentence('no start is on record: it was never started'),
    hint: sentence('what is there to be killed?'),
  },
]

async function judgeSaid(bench: Bench): Promise<Finding | undefined> {
  for (const each of journals) {
    const [text, isWatched] = each.given
    const found = await bench.ask(answers, 'saidIn', text, isWatched)
    const finding = compared(sentence('gave saidIn a journal: {lines}', shortly(text, isWatched)))
    if (!isSame(found, each.wanted)) return finding(each, found)
  }
  const flags = ['-d', '--restart', 'on-failure:2']
  const { box } = await watched(bench, flags, 'exit 3')
  const did = sentence('ran a container with -d --restart on-failure:2 that failed, to its end')
  const found = await bench.ask(answers, 'saidIn', box.disk?.read('journal') ?? '', false)
  const wanted: Said = { status: 'exited', restarts: 2, exitCode: 3 }
  if (isSame(found, wanted)) return undefined
  return compared(did)({ wanted, ...miscounted }, found)
}

const miscounted = {
  means: sentence('its journal has three starts: one, and two restarts'),
  hint: sentence('count the starts'),
}

/** What a journal has, in a line: `start, run, exit 256`, and whether there is a monitor. */
function shortly(text: string, isWatched: boolean): { lines: string } {
  const kinds = text.split('\n').map((line) => {
    const [kind = '', , status = ''] = line.split(' ')
    return kind === 'exit' ? `exit ${status}` : kind
  })
  const lines = kinds.filter((each) => each !== '').join(', ')
  return { lines: `${lines === '' ? '-' : lines}${isWatched ? '' : ' | no monitor'}` }
}

function compared(did: Sentence) {
  return (known: Omit<Case<unknown, unknown>, 'given'>, found: unknown): Finding => ({
    did,
    expected: sentence('{what}', { what: inShort(known.wanted) }),
    saw: sentence('{what}', { what: inShort(found) }),
    means: known.means,
    hint: known.hint,
  })
}

/** Without the quotes, which help nobody to read it. */
function inShort(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.replaceAll('"', '').replaceAll(',', ', ').slice(0, 120)
}

/** The order of fields does not matter. */
function isSame(found: unknown, wanted: Said): boolean {
  const { status, restarts, exitCode } = (found ?? {}) as Partial<Said>
  if (status !== wanted.status || restarts !== wanted.restarts) return false
  return exitCode === wanted.exitCode
}

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

/** A container of the reference's list that fails at once, until nothing starts it any more. */
async function watched(
  bench: Bench,
  flags: string[],
  then: string,
): Promise<{ box: Box; lines: JournalLine[] }> {
  const box = await bench.run({ flags, script: 'true', then, experiment: (list) => list })
  if (box.failure) throw new Error(box.failure.call)
  return { box, lines: await journalAfter(box) }
}
