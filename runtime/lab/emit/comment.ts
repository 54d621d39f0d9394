/** Comments of the files for clusters. */
import type { Sentence, Speak } from '../../sentence.ts'
import { wrap } from '../../tools/wrap.ts'

/** Writes a sentence as a comment of lines that begin with `#`, `blanks` from the left. */
export type Note = (said: Sentence, blanks?: number) => string

export function notesIn(say: Speak): Note {
  return (said, blanks = 0) => {
    const lines = say(said).split('\n').flatMap((line) => wrap(line, 78 - blanks))
    return lines.map((line) => `# ${line}`).join(`\n${' '.repeat(blanks)}`)
  }
}

/** Every line of `text` that is not empty, moved to the right. */
export function indented(text: string, blanks: number): string {
  return text.replace(/^(?=.)/gm, ' '.repeat(blanks))
}
