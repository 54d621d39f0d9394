/** What summary.html shows: its rows and columns, each in the order of what most failed. */
import type { Status } from '../judge.ts'
import { columnsOfTests } from './export/csv.ts'
import type { Grade, GradedSubmission, GradedTest } from './format.ts'

/** A test in all submissions. */
export interface TestColumn {
  id: string
  claim: string
  /** In each submission, by its name. */
  outcomes: Map<string, GradedTest>
  failed: number
}

/** A submission, and where it is in the page. */
export interface SummaryRow extends GradedSubmission {
  anchor: string
}

/** A cell and its meaning, for eyes that see no colour. */
export const statusMarks: Record<Status, string> = {
  ...{ pass: '✓', fail: '✗', error: '!', blocked: '–', skipped: '·' },
}

/** The tests, those that most failed first. */
export function summaryColumns({ submissions }: Grade): TestColumn[] {
  const columns = columnsOfTests({ submissions }).map(({ id, claim }): TestColumn => {
    const found = submissions.flatMap(({ name, tests }) => {
      const test = tests.find((each) => each.id === id)
      return test ? [[name, test] as const] : []
    })
    const failed = found.filter(([, { status }]) => isFailed(status)).length
    return { id, claim, outcomes: new Map(found), failed }
  })
  return columns.sort((a, b) => b.failed - a.failed)
}

/** The submissions, those that failed most first. */
export function summaryRows(submissions: GradedSubmission[]): SummaryRow[] {
  const failed = ({ tests }: GradedSubmission) =>
    tests.filter(({ status }) => isFailed(status)).length
  const rows = submissions.map((each, at) => ({ ...each, anchor: `s${at + 1}` }))
  return rows.sort((a, b) => failed(b) - failed(a) || (a.name < b.name ? -1 : 1))
}

function isFailed(status: Status): boolean {
  return status === 'fail' || status === 'error'
}

/** Without the digits of binary fractions. */
export function pointsText(points: number): string {
  return String(Math.round(points * 100) / 100)
}
