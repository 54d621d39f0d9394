/**
 * A folder of grades on the disk. Each submission has a file of its own, put in place whole as soon
 * as it is graded: a killed run goes on where it was.
 */
import { createHash } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { UsageError } from '../../command-line.ts'
import { ownerOfStaged, ownPrefix, putInPlace, writeDurably } from '../../durable.ts'
import { namesIn, tryRead } from '../../files.ts'
import { isAlive } from '../../process.ts'
import { gradeVersion, type Grade, type GradedSubmission } from './format.ts'
import { gradesMark } from './submissions.ts'

export interface Grades {
  dir: string
  /** Write a file of the folder: it is the old one or the new one, whole, at any time. */
  put(path: string, text: string): void
  /** The result of a submission that was graded before, if it was graded in the same way. */
  kept(wanted: WantedResult): GradedSubmission | undefined
}

/** What a result must agree with, to be used again. */
export type WantedResult = Pick<GradedSubmission, 'name' | 'answers' | 'where'> &
  Pick<Grade, 'course' | 'chapter' | 'language'>

/**
 * Open the folder `dir`, or make it. Its files belong to the owner of the directory that it is in:
 * with sudo, that is the teacher. Throws if it holds something else.
 */
export function openGrades(dir: string): Grades {
  const path = resolve(dir)
  const isNew = !existsSync(path)
  if (!isNew && readdirSync(path).length > 0 && !existsSync(join(path, gradesMark)))
    throw new UsageError(`${dir} is no folder of grades; give a new one: --out DIR`)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const { uid, gid } = statSync(dirname(path))
  const own = (each: string) => process.geteuid?.() === 0 && chownSync(each, uid, gid)
  if (isNew) own(path)
  for (const name of namesIn(path)) {
    const owner = ownerOfStaged(name)
    if (owner && !isAlive(owner)) rmSync(join(path, name), { force: true })
  }
  let count = 0
  const put = (name: string, text: string) => {
    const staged = join(path, `${ownPrefix()}${++count}`)
    writeDurably(staged, text)
    own(staged)
    const target = join(path, name)
    if (!existsSync(dirname(target))) {
      mkdirSync(dirname(target), { mode: 0o700 })
      own(dirname(target))
    }
    putInPlace(staged, target)
  }
  if (!existsSync(join(path, gradesMark))) put(gradesMark, '')
  return { dir: path, put, kept: (wanted) => keptIn(path, wanted) }
}

function keptIn(dir: string, wanted: WantedResult) {
  const { name, answers, course, chapter, language, where } = wanted
  const grade = gradeIn(tryRead(join(dir, resultFile(name))) ?? '')
  const found = grade?.submissions[0]
  if (!grade || !found || found.name !== name || found.answers !== answers) return undefined
  if (found.where !== where) return undefined
  const isSame = grade.course === course && grade.language === language
  const isWhole = found.status !== 'error' && grade.chapter.number === chapter.number
  return isSame && isWhole ? found : undefined
}

/** A grade.json; undefined if it is none, or of another version. */
export function gradeIn(text: string): Grade | undefined {
  try {
    const found = JSON.parse(text) as Partial<Grade>
    const isOne = found.stepbox === 'grade' && found.version === gradeVersion
    return isOne && Array.isArray(found.submissions) ? (found as Grade) : undefined
  } catch {
    return undefined // ignoring: it is graded again
  }
}

/** The file of a submission in the folder: its name may be no name for a file elsewhere. */
export function resultFile(name: string): string {
  return `submissions/${fileNameOf(name)}.json`
}

/** The name of a submission as part of a file's: the same for the same name, and for no other. */
export function fileNameOf(name: string): string {
  if (/^[a-z0-9][a-z0-9_.@-]{0,79}$/.test(name)) return name
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12)
  const plain = name.normalize('NFKD').replaceAll(/[^\w.@-]+/g, '-').slice(0, 60)
  return `${plain}-${hash}`.replace(/^[-.]+/, '')
}
