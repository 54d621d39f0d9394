/** The exercise `read`: what a journal says of its container. */
import type { Bench, Check, Finding } from '../../../runtime/chapter-lab.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { answers, compared, watched, type Case } from './answers.ts'
import type { Said } from './exercises.ts'

export const journalChecks: Check[] = [
  {
    id: 'journal-read',
    exercise: 'read',
    points: 1,
    isBlackBox: false,
    claim: sentence('saidIn says of a journal what has become of the container'),
    judge: judgeSaid,
  },
]

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

/** The order of fields does not matter. */
function isSame(found: unknown, wanted: Said): boolean {
  const { status, restarts, exitCode } = (found ?? {}) as Partial<Said>
  if (status !== wanted.status || restarts !== wanted.restarts) return false
  return exitCode === wanted.exitCode
}
