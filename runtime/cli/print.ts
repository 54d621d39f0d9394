/** How answers are printed: columns and lines for people, JSON, ids and templates for programs. */
import { valueOf, type Answer, type Typed } from '../command-line.ts'
import { columnsOf, padded } from '../columns.ts'
import { shortId } from '../options.ts'
import { asJson, printable } from '../printable.ts'
import { writeOutput } from './output.ts'
import { say } from './voice.ts'

/** Print `answer` in the form that was asked for. Gives the exit code. */
export async function printAnswer(answer: Answer, typed: Typed): Promise<number> {
  writeOutput(await answerText(answer, typed))
  return answer.code ?? 0
}

/** An answer as text, in the form that was asked for. */
export async function answerText(answer: Answer, typed: Typed): Promise<string> {
  const format = valueOf(typed, 'format')
  const isTemplate = format !== undefined && format !== 'json' && format !== 'table'
  return isTemplate ? await byTemplate(answer, format) : textOf(answer, typed)
}

async function byTemplate(answer: Answer, format: string): Promise<string> {
  const { formatted, parseFormat } = await import('./template/format.ts')
  const { lines, table } = formatted(answer, parseFormat(format, answer.headOf !== undefined))
  // The template made these lines, and has written out the foreign words in them.
  return table ? asTable(table) : lines.map((line) => `${line}\n`).join('')
}

function textOf(answer: Answer, typed: Typed): string {
  const { json, ids, heads, rows, lines, isSpoken, isStyled } = answer
  const isText = lines ?? heads
  if (json !== undefined && (!isText || valueOf(typed, 'format') === 'json')) return asJson(json)
  const isWhole = typed.switches.has('no-trunc')
  if (ids && typed.switches.has('quiet'))
    return asLines([...new Set(isWhole ? ids : ids.map(shortId))])
  if (heads && rows) return asTable([heads, ...rows.map((row) => row.map(printable))])
  if (isSpoken) return asLines((lines ?? []).map(say))
  return isStyled ? (lines ?? []).map((line) => `${line}\n`).join('') : asLines(lines ?? [])
}

function asLines(lines: string[]): string {
  return lines.map((line) => `${printable(line)}\n`).join('')
}

/** Docker's table: columns three spaces apart, the last one not padded. */
function asTable(table: string[][]): string {
  const count = Math.max(...table.map((row) => row.length))
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(...table.map((row) => columnsOf(row[at] ?? ''))),
  )
  const line = (cells: string[]) =>
    cells
      .map((cell, at) => (at === cells.length - 1 ? cell : padded(cell, widths[at] ?? 0)))
      .join('   ')
  return table.map((row) => `${line(row).trimEnd()}\n`).join('')
}
