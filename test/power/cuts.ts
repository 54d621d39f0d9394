/** Tests. Where the power fails: anywhere in the log, most often in the middle of something. */
import { randomFrom, type Random } from './random.ts'
import type { Deed } from './workload.ts'

export interface Cut {
  /** After so many entries of the log. */
  at: number
  /** In which deed, or in none. */
  during: string
  /** Whether the next block that was not flushed is on the medium all the same. */
  survives: () => boolean
}

/**
 * Half of the cuts fall inside a deed, whichever it is; a quarter right after one, when the user
 * has just been told; a quarter anywhere. Of what was not flushed, nothing survives, or all, or a
 * part.
 */
export function chosenCuts(
  deeds: Deed[],
  length: number,
  { count, random }: { count: number; random: Random },
): Cut[] {
  const writing = deeds.filter(({ begin, end }) => end > begin)
  return Array.from({ length: count }, (_, number) => {
    const { begin, end } = random.pick(writing)
    const inside = begin + 1 + random.below(end - begin)
    const at = number % 4 < 2 ? inside : number % 4 === 2 ? end : random.below(length + 1)
    const during = deeds.find((deed) => deed.begin < at && at < deed.end)?.what ?? 'nothing'
    const share = random.pick([0, 0.5, 1, random.fraction()])
    const { fraction } = randomFrom(random.below(2 ** 32))
    return { at, during, survives: () => fraction() < share }
  })
}
