/** Writes what a teacher sees: grade.json, the overview as a page and as a table, the exports. */
import type { Speak } from '../../sentence.ts'
import { csv } from './export/csv.ts'
import { exported } from './export/exports.ts'
import type { Grade } from './format.ts'
import { gradeText } from './grade.ts'
import type { Grades } from './results.ts'
import { summaryPage } from './summary.ts'

/** A wish for a further format. */
export interface ExportWish {
  format: string
  /** Where to, if not to its place in the folder; `-` is standard output. */
  file?: string
}

/** Write all of `grade` into the folder. */
export function putGrades({ put }: Pick<Grades, 'put'>, grade: Grade, say: Speak): void {
  put('grade.json', gradeText(grade))
  put('summary.csv', csv(grade))
  put('summary.html', summaryPage(grade, grade.alike ?? [], say))
}

/** The texts of an export: by their path in the folder, or by the file that was named. */
export function exportedTo(
  { format, file }: ExportWish,
  grade: Grade,
  env: Record<string, string | undefined>,
): Map<string, string> {
  const found = exported(format, grade, env)
  if (file === undefined) return found
  const [text] = found.values()
  if (text === undefined || found.size > 1)
    throw new Error(`${format} has a file for each submission, and ${file} is one`)
  return new Map([[file, text]])
}
