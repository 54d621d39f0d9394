/** Grades as CSV (RFC 4180): a row for each submission, a column for each test. */
import type { Grade, GradedTest } from '../format.ts'

/** The tests of all submissions, each once, in the order of the course. */
export function columnsOfTests({ submissions }: Pick<Grade, 'submissions'>): GradedTest[] {
  const columns = new Map<string, GradedTest>()
  for (const { tests } of submissions) for (const test of tests) columns.set(test.id, test)
  return [...columns.values()]
}

/** The mark at the beginning makes Excel read UTF-8; it is left out where ASCII is enough. */
export function csv(grade: Grade): string {
  const ids = columnsOfTests(grade).map(({ id }) => id)
  const head = ['name', 'status', 'score', 'max', 'blocked', ...ids]
  const rows = grade.submissions.map(({ name, status, score, max, tests }) => {
    const blocked = tests.filter((test) => test.status === 'blocked').length
    const cells = ids.map((id) => cellOf(tests.find((test) => test.id === id)))
    return [name, status, score, max, blocked, ...cells]
  })
  const text = [head, ...rows].map((row) => `${row.map(quoted).join(',')}\r\n`).join('')
  return /[^\x00-\x7f]/.test(text) ? `\ufeff${text}` : text
}

/** The points of a test that was judged; why there are none of another. */
function cellOf(test: GradedTest | undefined): string | number {
  if (!test) return ''
  return test.status === 'pass' || test.status === 'fail' ? test.score : test.status
}

/**
 * A cell. A spreadsheet takes text that begins with one of these signs for a formula, which can
 * read other cells and open addresses: an apostrophe before it makes it text again.
 */
function quoted(cell: string | number): string {
  if (typeof cell === 'number') return String(cell)
  const text = /^\s*[=+\-@\t\r\n|%]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}
