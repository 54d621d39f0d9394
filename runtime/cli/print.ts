/** How answers are printed: columns and lines for people, JSON and ids for programs. */
import { valueOf, type Answer, type Typed } from '../command-line.ts'
import { shortId } from '../options.ts'

/** Print `answer` in the form that was asked for. Gives the exit code. */
export function printAnswer(answer: Answer, typed: Typed): number {
  process.stdout.write(textOf(answer, typed))
  return answer.code ?? 0
}

function textOf({ json, ids, heads, rows, lines }: Answer, typed: Typed): string {
  if (json !== undefined && valueOf(typed, 'format') === 'json') return asJson(json)
  if (ids && typed.switches.has('quiet')) return asLines([...new Set(ids.map(shortId))])
  if (heads && rows) return asTable(heads, rows)
  return asLines(lines ?? [])
}

function asLines(lines: string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('')
}

/** Docker's table: capital heads, columns three spaces apart, the last one not padded. */
function asTable(heads: string[], rows: string[][]): string {
  const shown = rows.map((row) => row.map(printable))
  const widths = heads.map((head, at) =>
    Math.max(head.length, ...shown.map((row) => (row[at] ?? '').length)),
  )
  const line = (cells: string[]) =>
    cells
      .map((cell, at) => (at === cells.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('   ')
  return [heads, ...shown].map((row) => `${line(row).trimEnd()}\n`).join('')
}

export function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/** Foreign words are shown without the characters that steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]|[\ud800-\udfff](?![\udc00-\udfff])/g, '?')
}
