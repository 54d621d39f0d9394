/** Merges what many machines have graded into one grade.json for the class. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fromBytes, toBytes } from '../../bytes.ts'
import { printable } from '../../printable.ts'
import { gradeVersion, type Grade, type GradedSubmission } from '../grade/format.ts'

export interface Collected {
  grade: Grade
  /** How many files were merged. */
  files: number
  /** Names that were to be graded and were not; each is in `grade` with the status `error`. */
  missing: string[]
  /** Names that were graded more than once: the last one counts. */
  repeated: string[]
}

/**
 * Everything below `dir` that is called grade.json, except what is in `except`: an earlier
 * collection. `<dir>/submissions` may say which names were to be graded, each followed by a zero
 * byte. Throws if a file cannot be read or was graded by other checks.
 */
export function collectGrades(dir: string, except: string): Collected {
  const files = gradesBelow(dir, resolve(except)).map((path) => ({ path, grade: readGrade(path) }))
  const [first, ...others] = files
  if (!first) throw new Error(`no grade.json below ${dir}: has a task ended yet?`)
  for (const { path, grade } of others) {
    const differs = (['chapter', 'course'] as const).find(
      (field) => JSON.stringify(grade[field]) !== JSON.stringify(first.grade[field]),
    )
    if (!differs) continue
    const [one, other] = [first.path, path].map((each) => relative(dir, each))
    throw new Error(
      `${one} and ${other} differ in '${differs}': they were graded by other checks\n` +
        '  grade both with the same checkout, or collect them apart',
    )
  }
  const { latest, repeated } = lastOfEach(files.flatMap(({ grade }) => grade.submissions))
  const missing = expectedIn(dir).filter((name) => !latest.has(name))
  for (const name of missing) latest.set(name, notGraded(name))
  const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1)
  const submissions = [...latest].sort(byName).map(([, submission]) => submission)
  const alike = files.flatMap(({ grade }) => grade.alike ?? []) // found among those of one file
  const grade = { ...first.grade, submissions, ...(alike.length > 0 ? { alike } : {}) }
  return { grade, files: files.length, missing, repeated }
}

/** Paths of grade.json below `dir`, in order. Symbolic links are not followed. */
function gradesBelow(dir: string, except: string): string[] {
  const folders = readdirSync(toBytes(dir), { withFileTypes: true, encoding: 'buffer' })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(dir, fromBytes(entry.name)))
    .filter((folder) => resolve(folder) !== except)
    .sort()
  return folders.flatMap((folder) => {
    const path = join(folder, 'grade.json')
    const isFile = lstatSync(toBytes(path), { throwIfNoEntry: false })?.isFile() ?? false
    return isFile ? [path] : gradesBelow(folder, except)
  })
}

const mostBytes = 2 ** 28

function readGrade(path: string): Grade {
  const { size } = lstatSync(toBytes(path))
  if (size > mostBytes) throw new Error(`${path} is no grade.json: it has ${size} bytes`)
  let grade: Partial<Grade> | null
  try {
    grade = JSON.parse(readFileSync(toBytes(path), 'utf8')) as Partial<Grade> | null
  } catch (cause) {
    throw new Error(`${path} is cut off, or no JSON: ${(cause as Error).message}`, { cause })
  }
  if (grade?.stepbox !== 'grade' || !Array.isArray(grade.submissions))
    throw new Error(`${path} was not written by 'lab grade'`)
  if (grade.version !== gradeVersion)
    throw new Error(`${path} has version ${grade.version}; this program reads ${gradeVersion}`)
  return grade as Grade
}

function lastOfEach(all: GradedSubmission[]) {
  const latest = new Map<string, GradedSubmission>()
  const repeated = new Set<string>()
  for (const submission of all) {
    const { name, graded } = submission
    const before = latest.get(name)
    if (before) repeated.add(name)
    if (!before || before.graded <= graded) latest.set(name, submission)
  }
  return { latest, repeated: [...repeated].sort() }
}

function expectedIn(dir: string): string[] {
  const path = join(dir, 'submissions')
  if (!existsSync(toBytes(path))) return []
  const names = fromBytes(readFileSync(toBytes(path))).split('\0').slice(0, -1)
  return names.map(printable)
}

/** An entry that shows in every overview, rather than a name that is silently left out. */
function notGraded(name: string): GradedSubmission {
  const nothing = { answers: '', files: [], tests: [], ms: 0, graded: '' }
  return { name, status: 'error', score: 0, max: 0, ...nothing }
}
