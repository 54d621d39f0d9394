/** Step by step. Lines of a list that are longer than a screen is wide. */

/**
 * Break after spaces, between flags and options, and within a word only when it alone is too long.
 */
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
