/** Lists that differ in one place from the chapter's, tried to judge a prediction. */
import type { Bench, Finding } from '../../../runtime/chapter-lab.ts'
import type { Step } from '../../../runtime/step.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'

const file = 'chapters/03-pivot-root/lab/exercises.ts'

export interface Prediction {
  symbol: string
  change: (list: Step[]) => Step[]
  did: Sentence
  /** Why the kernel does what it does. */
  because: Sentence
}

export const predictions: Prediction[] = [
  {
    symbol: 'withoutBind',
    change: (list) => list.filter(({ call }) => call[0] !== 'mount' || call[1] !== '/image/rootfs'),
    did: sentence('carried out the list without the bind mount of the image'),
    because: sentence('a directory inside of another mount is no mount that could be moved'),
  },
  {
    symbol: 'withoutChdir',
    change: (list) => list.filter(({ call }) => call[0] !== 'chdir' || call[1] !== '/image/rootfs'),
    did: sentence('carried out the list without chdir("/image/rootfs")'),
    because: sentence('"." is the root of the machine, and a root cannot be put on itself'),
  },
  {
    symbol: 'withEarlyUmount',
    change: (list) => {
      const umount = list.filter(({ call }) => call[0] === 'umount2')
      return list.flatMap((step) => {
        if (step.call[0] === 'umount2') return []
        return step.call[0] === 'pivot_root' ? [step, ...umount] : [step]
      })
    },
    did: sentence('carried out the list with umount2 right after pivot_root'),
    because: sentence(
      'root may mount a /proc at any time; only without root does the order matter',
    ),
  },
  {
    symbol: 'withoutDetach',
    change: (list) =>
      list.map((step) =>
        step.call[0] === 'umount2' ? { ...step, call: ['umount2', '.', []] } : step,
      ),
    did: sentence('carried out the list with umount2(".", 0)'),
    because: sentence('/proc, /sys and others are mounted on the old root: it is in use'),
  },
]

/** What is wrong with one prediction. Nothing is tried, or told, before there is one. */
export async function tried(
  { ask, run }: Bench,
  { symbol, change, did, because }: Prediction,
): Promise<Finding | undefined> {
  const predicted = String(await ask(file, symbol))
  if (predicted === '')
    return {
      did: sentence('read {symbol} in exercises.ts', { symbol }),
      expected: sentence('a prediction: runs, or the errno of the call that fails'),
      saw: sentence('none yet'),
      means: sentence('it will be tried as soon as there is one'),
      hint: sentence('the comment above {symbol} says what is different', { symbol }),
    }
  const box = await run({ script: 'true', then: 'true', experiment: change })
  const happened = box.failure?.errno ?? (box.facts ? 'runs' : 'nothing')
  if (happened === predicted) return undefined
  return {
    did,
    expected: sentence('{predicted}, as {symbol} predicts', { predicted, symbol }),
    saw: box.failure
      ? sentence('{call}', { call: box.failure.call })
      : sentence('it runs to the end, and the command starts'),
    means: because,
    hint: sentence('leave out a line yourself: stepbox --chapter 3 break asks about each of them'),
  }
}
