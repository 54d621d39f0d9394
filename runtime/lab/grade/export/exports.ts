/** The formats in which grades are given to other programs. */
import { fileNameOf } from '../results.ts'
import type { Grade, GradedSubmission } from '../format.ts'
import { autolab } from './autolab.ts'
import { classroom50, reporter, type Classroom50 } from './classrooms.ts'
import { gradescope } from './gradescope.ts'
import { junit } from './junit.ts'

/** A format: one file for all submissions, or one for each. */
type Format =
  | { all: (grade: Grade) => string; file: string }
  | { each: (grade: Grade, one: GradedSubmission, env: Classroom50) => string; ending: string }

const formats: Record<string, Format> = {
  autolab: { each: (_, one) => autolab(one), ending: 'txt' },
  classroom50: { each: classroom50, ending: 'json' },
  github: { each: (_, one) => reporter(one), ending: 'txt' },
  gradescope: { each: (_, one) => gradescope(one), ending: 'json' },
  junit: { all: junit, file: 'junit.xml' },
}

export const formatNames = Object.keys(formats)

/** Whether a format has a file for each submission. */
export function isForEach(format: string): boolean {
  return 'each' in formatNamed(format)
}

/** The files of a format, by their path in the folder of grades. */
export function exported(format: string, grade: Grade, env: Classroom50): Map<string, string> {
  const found = formatNamed(format)
  if ('all' in found) return new Map([[found.file, found.all(grade)]])
  const entries = grade.submissions.map((one) => {
    const path = `${format}/${fileNameOf(one.name)}.${found.ending}`
    return [path, found.each(grade, one, env)] as const
  })
  return new Map(entries)
}

function formatNamed(name: string): Format {
  const found = Object.hasOwn(formats, name) ? formats[name] : undefined
  if (found) return found
  throw new Error(`no format '${name}'; have: ${formatNames.join(', ')}`)
}
