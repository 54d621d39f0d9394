/** The limits of a container: as the kernel has them, and what it does to those who reach them. */
import { randomInt } from 'node:crypto'
import type { Bench, Check, Facts, Finding } from '../../../runtime/chapter-lab.ts'
import { lookAt, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { notInGroup } from './group-checks.ts'
import { refusals } from './refusals.ts'

export const limitChecks: Check[] = [
  {
    id: 'processes-limited',
    exercise: 'planner',
    points: 1,
    isBlackBox: true,
    claim: sentence('--pids-limit stops a fork bomb'),
    judge: processesLimited,
  },
  {
    id: 'memory-limited',
    exercise: 'planner',
    points: 2,
    isBlackBox: true,
    claim: sentence('--memory has the kernel kill what takes more, and swap is no way out'),
    judge: memoryLimited,
  },
  {
    id: 'processor-limited',
    exercise: 'planner',
    points: 1,
    isBlackBox: true,
    claim: sentence('--cpus holds a busy loop back'),
    judge: processorLimited,
  },
]

/** A file of the group; `max` where there is no limit, `''` where there is no such file. */
function valueIn({ readGroup }: Facts, ...names: string[]): string {
  const value = readGroup(...names)?.trim() ?? ''
  return value === '-1' || /^9223\d{15}$/.test(value) ? 'max' : value
}

async function processesLimited(bench: Bench): Promise<Finding | undefined> {
  const limit = randomInt(6, 12)
  return lookAt(bench, {
    did: sentence('ran a container with --pids-limit {limit} that starts 40 sleeps', { limit }),
    wish: {
      flags: ['--pids-limit', String(limit)],
      script: '(i=0; while [ $((i += 1)) -le 40 ]; do sleep 1000 & done) 2>/dev/null',
      then: 'true',
    },
    known: {
      ...refusals,
      'fork EAGAIN': {
        means: sentence('the parent is in the group and counts, and the fork is one too many'),
        hint: sentence('who is to join the group, and when?'),
      },
    },
    see: (facts) => {
      const expected = sentence('at most {limit} processes in the group', { limit })
      const [max, now] = [valueIn(facts, 'pids.max'), Number(valueIn(facts, 'pids.current'))]
      if (max === String(limit) && now <= limit) return undefined
      const saw = sentence('{now} processes are in its group, and pids.max says {max}', {
        now,
        max: shown(max),
      })
      return notInGroup(facts) ?? { expected, saw, ...whyNot(max, 'processes') }
    },
  })
}

/** Why a limit is not what was asked for: `planner` is the function that is about it. */
function whyNot(value: string, planner: string): Pick<Seen, 'means' | 'hint'> {
  if (value === 'max')
    return {
      means: sentence('no step has written this limit: the group has none'),
      hint: sentence('{planner} in lines.ts is about it: what does it give, and who writes that?', {
        planner,
      }),
    }
  return {
    means: sentence('there is a limit, and another than was asked for'),
    hint: sentence('limits.ts has the unit in the name of each field; which unit has the file?'),
  }
}

/** As a number where it is one. */
function shown(value: string): string | number {
  return /^\d+$/.test(value) ? Number(value) : value
}

const memoryBytes = 16 * 2 ** 20

async function memoryLimited(bench: Bench): Promise<Finding | undefined> {
  return lookAt(bench, {
    did: sentence('ran a container with --memory 16m, in which tail keeps 60 MB'),
    wish: {
      flags: ['--memory', '16m'],
      script: 'true',
      then: 'head -c 60000000 /dev/zero | tail -n 1 >/dev/null; echo "ended with $?"',
    },
    known: refusals,
    see: async (facts, { go }) => {
      const swap = swapOpen(facts)
      const max = valueIn(facts, 'memory.max', 'memory.limit_in_bytes')
      const inGroup = notInGroup(facts)
      const { exitCode, out } = await go()
      // What tail had is still charged for a moment: the kernel may kill the shell, too.
      const [, code = String(exitCode)] = /ended with (\d+)/.exec(out) ?? []
      const expected = sentence('the OOM killer ends it, with exit code 137; the limit is 16777216')
      if (max !== String(memoryBytes)) {
        const saw = sentence('it ended with {code}, and the memory limit of its group is {max}', {
          code,
          max: shown(max),
        })
        return inGroup ?? { expected, saw, ...whyNot(max, 'memory') }
      }
      return swap ?? (code === '137' ? undefined : notKilled(code, expected))
    },
  })
}

function notKilled(code: string, expected: Finding['expected']): Seen {
  return {
    expected,
    saw: sentence('it ended with {code}; the limit is 16777216', { code }),
    means: sentence('the limit is there, and did not hold for this process'),
    hint: sentence('was the process in the group before it took memory?'),
  }
}

/** Twice the memory for both together, as Docker has it: version 2 counts swap alone. */
function swapOpen(facts: Facts): Seen | undefined {
  const old = valueIn(facts, 'memory.memsw.limit_in_bytes')
  const value = old || valueIn(facts, 'memory.swap.max')
  if (value === '' || value === String(old ? 2 * memoryBytes : memoryBytes)) return undefined
  return {
    expected: sentence('a limit for swap, too: as much again as memory'),
    saw: sentence('the limit with swap is {value}', { value: shown(value) }),
    means: sentence('what does not fit into memory goes to the disk: the limit only makes it slow'),
    hint: sentence('memory has two lines: what does the second one count, in which version?'),
  }
}

async function processorLimited(bench: Bench): Promise<Finding | undefined> {
  return lookAt(bench, {
    did: sentence('ran a container with --cpus 0.2 that counts to 80000'),
    wish: {
      flags: ['--cpus', '0.2'],
      script: 'i=0; while [ $((i += 1)) -lt 80000 ]; do :; done',
      then: 'true',
    },
    known: refusals,
    see: (facts) => {
      const [quota, period = valueIn(facts, 'cpu.cfs_period_us')] = valueIn(
        facts,
        'cpu.max',
        'cpu.cfs_quota_us',
      ).split(' ')
      const [, throttled = '0'] = /nr_throttled (\d+)/.exec(valueIn(facts, 'cpu.stat')) ?? []
      if (Number(quota) === Number(period) / 5 && Number(throttled) > 0) return undefined
      const values = { quota: quota ?? '', period, throttled: Number(throttled) }
      return (
        notInGroup(facts) ?? {
          expected: sentence('a fifth of each period, and nr_throttled above 0'),
          saw: sentence('{quota} of {period} µs; nr_throttled is {throttled}', values),
          ...whyNot(quota ?? '', 'quota'),
        }
      )
    },
  })
}
