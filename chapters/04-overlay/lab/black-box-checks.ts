/** The write layer, judged by what containers of one image see of each other. */
import type { Check } from '../../../runtime/chapter-lab.ts'
import { sentence } from '../../../runtime/sentence.ts'
import { lookBack, type Seen } from '../../../runtime/lab-findings.ts'
import { explain, tryOut } from './findings.ts'

const planner = { exercise: 'planner', points: 1, isBlackBox: true } as const

export const blackBoxChecks: Check[] = [
  {
    id: 'two-at-once',
    ...planner,
    claim: sentence('two containers of one image do not see what the other writes'),
    judge: async (bench) => {
      const { word } = bench
      const did = sentence('ran two containers of one image at once; the first one wrote /{word}', {
        word,
      })
      const first = { script: `echo ${word} > /${word}; rm /bin/vi`, then: `cat /${word}` }
      const one = await bench.run(first)
      if (!one.facts) return lookBack(bench, { did, wish: first, explain }, one)
      const found = await tryOut(
        bench,
        { did, script: `[ -e /${word} ] && echo seen; [ -e /bin/vi ] || echo gone` },
        (_, { out }) => (out().trim() === '' ? undefined : shared(out())),
      )
      const { out } = await one.go()
      return found ?? (out.trim() === word ? undefined : { did, ...lost })
    },
  },
  {
    id: 'read-only',
    ...planner,
    claim: sentence('with --read-only, nothing but / is read-only'),
    judge: (bench) => {
      const { word } = bench
      const did = sentence('ran a container with --read-only -w /srv/{word}', { word })
      const flags = ['--read-only', '-w', `/srv/${word}`]
      const script = [
        `(echo ${word} > /${word}) 2>/dev/null && echo written`,
        `(echo ${word} > /dev/shm/${word}) 2>/dev/null || echo closed`,
        'pwd',
      ].join('\n')
      return tryOut(bench, { did, flags, script }, (_, { out }) => {
        const expected = sentence('a write to / is refused, and one to /dev/shm is not')
        if (out().includes('written'))
          return {
            expected,
            saw: sentence('the file was written to /'),
            means: sentence('/ is not read-only, though it was asked for'),
            hint: sentence('a mount is changed by a remount: which flags, and at which path?'),
          }
        if (out().includes('closed'))
          return {
            expected,
            saw: sentence('nothing can be written in /dev/shm'),
            means: sentence('more than / became read-only'),
            hint: sentence('which flag limits a remount to one mount?'),
          }
        return undefined
      })
    },
  },
]

function shared(out: string): Seen {
  return {
    expected: sentence('the second one sees the image as it is'),
    saw: out.includes('seen')
      ? sentence('the second one sees the file of the first')
      : sentence('the second one misses a file that the first one deleted'),
    means: sentence('both write to the same directory'),
    hint: sentence('what do they share, and what has each of them of its own?'),
  }
}

const lost: Seen = {
  expected: sentence('the first one still has its file when the second one has started'),
  saw: sentence('the file is gone'),
  means: sentence('the start of a container takes away what another one wrote'),
  hint: sentence('what do they share, and what has each of them of its own?'),
}
