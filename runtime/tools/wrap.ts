/** Wraps text that is wider than the screen. */

/** Break after spaces, `|` and `,`; within a word only if it is longer than `width`. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/(?<=[ |,])/)) {
    if (line !== '' && line.length + word.trimEnd().length > width) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += word
    while (line.trimEnd().length > width) {
      lines.push(line.slice(0, width))
      line = line.slice(width)
    }
  }
  return [...lines, line.trimEnd()]
}
