/** Tests. What came of fuzzing, in words: counts, or the input that failed and how to replay it. */
import { packed } from './corpus.ts'
import type { Found } from './fuzz.ts'

export function inWords(name: string, seed: number, found: Found): string {
  const { inputs, taken, outcomes, failure } = found
  const counts = `${inputs} inputs, ${taken} of them taken, ${outcomes} outcomes`
  const line = `fuzzed ${name}: ${counts}; seed ${seed}`
  if (!failure) return line
  return (
    `${line}\n  ${failure.problem}\n` +
    `  npm run fuzz -- --target ${name} --replay '${packed(failure.input)}'\n` +
    `  once it is mended, keep the input in test/fuzz/corpus/${name}.json`
  )
}
