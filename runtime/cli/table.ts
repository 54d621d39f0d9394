/** Command line. Columns for people, JSON for programs. */

/** Docker's table: capital heads, columns three spaces apart, the last one not padded. */
export function table(heads: string[], rows: string[][]): string {
  const widths = heads.map((head, at) =>
    Math.max(head.length, ...rows.map((row) => (row[at] ?? '').length)),
  )
  const line = (cells: string[]) =>
    cells
      .map((cell, at) => (at === cells.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('   ')
  return [heads, ...rows].map((row) => `${line(row).trimEnd()}\n`).join('')
}

export function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** What was written by somebody else is shown without the characters that steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]|[\ud800-\udfff](?![\udc00-\udfff])/g, '?')
}
