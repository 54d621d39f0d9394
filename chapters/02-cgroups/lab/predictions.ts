/** What was predicted, beside what the kernel does now. */
import type { Bench, Finding } from '../../../runtime/chapter-lab.ts'
import { lookAt } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { answers } from './tasks.ts'

export const given = 'chapters/02-cgroups/lab/given.ts'

/** The first prediction that is missing, or does not come true. */
export async function predictions(bench: Bench): Promise<Finding | undefined> {
  for (const symbol of ['killedBy', 'refusal', 'inTheGroup']) {
    const predicted = await bench.ask(answers, symbol)
    if (predicted === null || predicted === '') return nothingYet(symbol)
  }
  return (await hungry(bench)) ?? (await crowded(bench)) ?? (await late(bench))
}

function nothingYet(symbol: string): Finding {
  return {
    did: sentence('read your predictions'),
    expected: sentence('a value for each of the three'),
    saw: sentence('{symbol} is empty', { symbol }),
    means: sentence(
      'the kernel answers once you have predicted: a wrong guess teaches more than none',
    ),
    hint: sentence('the chapter did the same by hand: what did the shell print there?'),
  }
}

async function hungry(bench: Bench): Promise<Finding | undefined> {
  const predicted = String(await bench.ask(answers, 'killedBy'))
  return lookAt(bench, {
    did: sentence('ran the list hungry: 60 MB for a tail that may have 16'),
    wish: {
      list: { file: given, symbol: 'hungry' },
      script: 'true',
      then: 'head -c 60000000 /dev/zero | tail -n 1 >/dev/null; echo "code $?"',
    },
    see: async (_, { go }) => {
      const { exitCode, out } = await go()
      // What tail had is still charged for a moment: the kernel may kill the shell, too.
      const [, code = String(exitCode)] = /code (\d+)/.exec(out) ?? []
      if (code === predicted) return undefined
      return {
        expected: sentence('as you predicted, the exit code {predicted}', { predicted }),
        saw: sentence('the tail ended with {code}', { code }),
        means: sentence('it did not end by itself: shells add 128 to the number of the signal'),
        hint: sentence('which number has the signal that no program can catch?'),
      }
    },
  })
}

async function crowded(bench: Bench): Promise<Finding | undefined> {
  const predicted = String(await bench.ask(answers, 'refusal'))
  return lookAt(bench, {
    did: sentence('ran the list crowded: three sleeps for a shell in a group of three'),
    wish: {
      list: { file: given, symbol: 'crowded' },
      script: 'sleep 1000 & sleep 1000 &',
      then: 'sleep 1000 & true',
    },
    see: async (_, { go }) => {
      const [line = ''] = (await go()).err.trim().split('\n')
      if (predicted === 'EAGAIN' && /temporarily|try again/i.test(line)) return undefined
      return {
        expected: sentence('as you predicted, a fork that fails with {predicted}', { predicted }),
        saw: sentence('the shell says: {line}', { line }),
        means: sentence('the limit is reached, for now: when a process ends, there is room again'),
        hint: sentence('which errno has this text? The chapter has a table of errors'),
      }
    },
  })
}

async function late(bench: Bench): Promise<Finding | undefined> {
  const predicted = String(await bench.ask(answers, 'inTheGroup'))
  return lookAt(bench, {
    did: sentence('ran the list late: a shell starts two sleeps, and joins the group'),
    wish: {
      list: { file: given, symbol: 'late' },
      script: [
        'group=$(find /sys/fs/cgroup -type d -name "stepbox-*" | head -n 1)',
        'sleep 1000 & sleep 1000 &',
        'echo 0 > $group/cgroup.procs',
      ].join('\n'),
      then: 'true',
    },
    see: ({ readGroup }) => {
      const found = readGroup('pids.current')?.trim() ?? ''
      if (found === predicted) return undefined
      return {
        expected: sentence('as you predicted, {predicted} in the group', { predicted }),
        saw: sentence('pids.current says {found}', { found }),
        means: sentence('a move takes one process along; children that it had stay where they are'),
        hint: sentence('at which moment has a container no children yet?'),
      }
    },
  })
}
