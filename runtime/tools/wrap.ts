/** Wraps text that is wider than the screen. */
import { columnsOf, pieces } from '../columns.ts'

/** Marks that cannot begin a line. */
const closing = '、，。；：！？）」』》…'

/** Where a line may end: after a space, `|` and `,`, and after a Chinese character. */
const ends = new RegExp(
  `(?<=[ |,])|(?<=[\\u3001-\\u9fff\\uff01-\\uff5e])(?![\\s${closing}])`,
  'u',
)

/** Break where a line may end; within a word only if it is wider than `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let [line, used] = ['', 0]
  for (const word of text.split(ends)) {
    if (line !== '' && used + columnsOf(word.trimEnd()) > width) {
      lines.push(line.trimEnd())
      ;[line, used] = ['', 0]
    }
    line += word
    used += columnsOf(word)
    if (used <= width) continue
    const parts = pieces(line.trimEnd(), width)
    lines.push(...parts.slice(0, -1))
    line = parts.at(-1) + line.slice(line.trimEnd().length)
    used = columnsOf(line)
  }
  return [...lines, line.trimEnd()]
}
