/** What the checks of the smaller exercises share: cases, and what is said of a wrong answer. */
import type { Bench, Box, Finding } from '../../../runtime/chapter-lab.ts'
import { sentence, type Sentence } from '../../../runtime/sentence.ts'
import { journalAfter, type JournalLine } from './monitored.ts'

export const answers = 'chapters/06-lifecycle/lab/exercises.ts'

export interface Case<Given, Wanted> {
  given: Given
  wanted: Wanted
  means: Sentence
  hint: Sentence
}

export function compared(did: Sentence) {
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

/** A container of the reference's list that fails at once, until nothing starts it any more. */
export async function watched(
  bench: Bench,
  flags: string[],
  then: string,
): Promise<{ box: Box; lines: JournalLine[] }> {
  const box = await bench.run({ flags, script: 'true', then, experiment: (list) => list })
  if (box.failure) throw new Error(box.failure.call)
  return { box, lines: await journalAfter(box) }
}
