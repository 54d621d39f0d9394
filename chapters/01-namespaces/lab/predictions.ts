/** What was predicted, beside what the kernel does now. */
import type { Bench, Finding } from '../../../runtime/chapter-lab.ts'
import { lookAt, type Seen } from '../../../runtime/lab-findings.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { onProc } from './mount-checks.ts'
import { answers } from './tasks.ts'

const given = 'chapters/01-namespaces/lab/given.ts'

/** The first prediction that is missing, or does not come true. */
export async function predictions(bench: Bench): Promise<Finding | undefined> {
  for (const symbol of ['firstChild', 'secondFork', 'mountsOnProc']) {
    const predicted = await bench.ask(answers, symbol)
    if (predicted === null || predicted === '') return nothingYet(symbol)
  }
  return (await withoutFork(bench)) ?? (await withoutPrivate(bench))
}

function nothingYet(symbol: string): Finding {
  return {
    did: sentence('read your predictions'),
    expected: sentence('a value for each of the three'),
    saw: sentence('{symbol} is empty', { symbol }),
    means: sentence(
      'the kernel answers once you have predicted: a wrong guess teaches more than none',
    ),
    hint: sentence('read the list in given.ts line by line, and say who makes each call'),
  }
}

async function withoutFork({ run, ask }: Bench): Promise<Finding | undefined> {
  const did = sentence('ran the list withoutFork: its shell runs one command, then another')
  const first = await ask(answers, 'firstChild')
  const second = await ask(answers, 'secondFork')
  const box = await run({
    list: { file: given, symbol: 'withoutFork' },
    script: 'sh -c \'echo "first $$"\'',
    then: 'sh -c \'echo "second $$"\'\ntrue', // not last: the shell would become it, without a fork
  })
  const { out, err } = await box.go()
  const number = /first (\d+)/.exec(out)?.[1] ?? '-'
  if (String(first) !== number)
    return {
      did,
      expected: sentence('as you predicted, a first command with the number {first}', {
        first: String(first),
      }),
      saw: sentence('the first command says: I am process {number}', { number }),
      means: sentence('the shell has stayed outside, and its first child has begun the namespace'),
      hint: sentence('now think of the second: what is left when process 1 has ended?'),
    }
  const isRefused = /allocate memory/.test(err)
  if (second === 'ENOMEM' && isRefused) return undefined
  return {
    did,
    expected: sentence('as you predicted, a fork that fails with {second}', {
      second: String(second),
    }),
    saw: sentence('the shell says: {line}', { line: err.trim().split('\n')[0] ?? '' }),
    means: sentence("the namespace ended with its process 1; the kernel's word for that misleads"),
    hint: sentence('which errno has this text? The chapter has a table of errors'),
  }
}

async function withoutPrivate(bench: Bench): Promise<Finding | undefined> {
  const predicted = Number(await bench.ask(answers, 'mountsOnProc'))
  return lookAt(bench, {
    did: sentence("ran the list withoutPrivate, and read the machine's mountinfo"),
    wish: { list: { file: given, symbol: 'withoutPrivate' }, script: 'true', then: 'true' },
    see: ({ machine, mounts }): Seen | undefined => {
      const [outside, inside] = [onProc(machine.mounts), onProc(mounts)]
      if (outside === predicted) return undefined
      return {
        expected: sentence("as you predicted, {predicted} on the machine's /proc", { predicted }),
        saw: sentence('{outside} there, and {inside} in the container', { outside, inside }),
        means: sentence('the copies of shared mounts are peers: a mount on one is a mount on both'),
        hint: sentence('which step of your own list keeps it from happening?'),
      }
    },
  })
}
